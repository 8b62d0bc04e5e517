import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { serveMetrics } from '#data-plane/metrics-server';
import { until } from '../../support/until';

let server: Server;

beforeEach(async () => {
  server = await serveMetrics('127.0.0.1:0', () => 'up 1\n');
});

afterEach(() => new Promise((done) => server.close(done)));

/** A connection on which nothing is sent. */
async function openIdle(): Promise<Socket> {
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  socket.on('error', () => {}).resume();
  await once(socket, 'connect');
  return socket;
}

describe('serveMetrics', () => {
  it('replaces a socket without a server, and nothing else', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'kong-privatelink-'));
    const [file, served] = [join(folder, 'file'), join(folder, 'served')];
    writeFileSync(file, 'precious');
    const other = await serveMetrics(`unix:${served}`, () => '');

    await expect(serveMetrics(`unix:${file}`, () => '')).rejects.toThrow('no socket, and it is left as it is');
    await expect(serveMetrics(`unix:${served}`, () => '')).rejects.toThrow('another process serves it');

    expect(readFileSync(file, 'utf8')).toBe('precious');
    await new Promise((done) => other.close(done));
    rmSync(folder, { recursive: true });
  });

  it('leaves the file descriptors to Kong: it keeps few connections, and closes silent ones', async () => {
    const idle = await Promise.all(Array.from({ length: 40 }, openIdle));
    const openOnes = () => idle.filter(({ destroyed }) => !destroyed).length;

    await until('most are closed at once', () => openOnes() <= 16);
    await until('all are closed', () => openOnes() === 0);

    expect((await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/metrics`)).status).toBe(200);
  });
});
