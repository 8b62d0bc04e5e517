import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { request } from 'undici';
import { z } from 'zod';
import { parseSnapshot } from '../../discovery/snapshot-file';
import { defaultConfig, type Estate, openEstate } from '../support/estate';

const cli = resolve(__dirname, '../../dist/sync/cli.js');
const line = z.looseObject({ msg: z.string(), address: z.string().optional() });
let estate: Estate;

beforeEach(async () => {
  estate = await openEstate();
  estate.configure(`${defaultConfig(estate)}watch: { intervalSeconds: 1, listen: "127.0.0.1:0" }\n`);
});
afterEach(() => estate.close());

function startWatch() {
  const file = resolve(estate.folder, 'kong-privatelink.yaml');
  const env = { ...process.env, ...estate.env };
  const child = spawn(process.execPath, [cli, 'sync', '--watch', '-c', file], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  /** Reads on to the next line of this message. */
  const until = async (message: string) => {
    for (;;) {
      const { value, done } = await lines.next();
      if (done) throw new Error(`ended before "${message}"`);
      const parsed = line.parse(JSON.parse(value));
      if (parsed.msg === message) return parsed;
    }
  };
  return { child, until, ended: once(child, 'exit') };
}

it('syncs, answers, keeps the old configuration at a bad one, and ends 0 at SIGTERM', async () => {
  estate.addEndpoint('sd2', ['10.0.1.11']);
  const { child, until, ended } = startWatch();
  const { address } = await until('watching');
  await until('pass ended');
  const get = async (path: string, headers = {}) => {
    const answer = await request(`${address}${path}`, { headers, reset: true });
    return { status: answer.statusCode, etag: answer.headers.etag?.toString(), text: await answer.body.text() };
  };
  await until('pass ended');
  const health = await get('/healthz');
  const ready = await get('/readyz');
  const metrics = await get('/metrics');
  const snapshot = await get('/v1/snapshot');
  estate.configure('owner: [');
  await until('configuration not used, the old one stays');
  child.kill('SIGHUP');
  await until('configuration not used, the old one stays');
  await until('pass ended');
  estate.configure(`${defaultConfig(estate)}watch: { intervalSeconds: 2, listen: "127.0.0.1:0" }\n`);
  await until('configuration read again');
  child.kill('SIGTERM');

  expect([health.status, ready.status, metrics.status, snapshot.status]).toEqual([200, 200, 200, 200]);
  expect(metrics.text).toContain('kong_privatelink_changes_applied_total');
  expect(parseSnapshot(snapshot.text, { from: 'test', owner: 'test' }).scopes).toHaveLength(1);
  expect((await ended)[0]).toBe(0);
}, 30_000);
