import { once } from 'node:events';
import type { Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { serveMetrics } from '#plugin/server/serving/metrics-server';
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
  it('leaves the file descriptors to Kong: it keeps few connections, and none that says nothing', async () => {
    const idle = await Promise.all(Array.from({ length: 40 }, openIdle));
    const openOnes = () => idle.filter(({ destroyed }) => !destroyed).length;

    await until('most are closed at once', () => openOnes() <= 16);
    await until('all are closed', () => openOnes() === 0);

    expect((await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/metrics`)).status).toBe(200);
  });
});
