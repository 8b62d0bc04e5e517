import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { z } from 'zod';
import type { PluginServerDriver } from '#sandbox/plugin-server/driver';
import { createProtobufDriver } from '#sandbox/plugin-server/protobuf';
import { openProtobufCaller } from './plugin-server/callers';
import { writeConfig, writeSnapshot } from './plugin-server/subjects';

/**
 * `npm run soak:plugin`: one million requests against 100 plugin instances of our server, while
 * discovery finds changes every second. Ends with 1 when the heap after forced collections exceeds
 * the heap after the first 10,000 requests by more than 5 %.
 */
const requests = 1_000_000;
const firstRequests = 10_000;
const instanceCount = 100;
const connections = 16;
const endpoints = 100;
const allowedGrowth = 1.05;

const heapSchema = z.object({ heapBytes: z.number() });

async function soak(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'kong-privatelink-soak-'));
  const socketPath = join(folder, 'js.sock');
  const child = await startServer(folder, socketPath);
  const refresh = setInterval(
    () => writeSnapshot(folder, endpoints, { weight: 90 + (Math.floor(Date.now() / 1_000) % 10) }),
    1_000,
  );
  const instanceIds = await startInstances(socketPath);
  await request(socketPath, instanceIds, firstRequests);
  const before = await heapOf(child);
  await request(socketPath, instanceIds, requests - firstRequests);
  const after = await heapOf(child);
  clearInterval(refresh);
  child.kill('SIGKILL');
  await once(child, 'exit');
  rmSync(folder, { recursive: true });
  const growth = after / before;
  console.log(JSON.stringify({ name: 'soak-plugin', requests, instances: instanceCount, before, after, growth }));
  process.exitCode = growth > allowedGrowth ? 1 : 0;
}

async function startServer(folder: string, socketPath: string): Promise<ChildProcess> {
  const entries = join(__dirname, '../plugin/entries');
  const socket = ['--kong-prefix', dirname(socketPath), '--sock-name', basename(socketPath)];
  const discovery = ['--config', writeConfig(folder, endpoints), '--zone-id', 'use1-az1'];
  const child = fork(join(__dirname, 'plugin-server/soak-server.js'), ['-d', entries, ...socket, ...discovery], {
    execArgv: ['--expose-gc'],
  });
  await once(child, 'message');
  return child;
}

async function startInstances(socketPath: string): Promise<readonly number[]> {
  const driver = createProtobufDriver(socketPath);
  const ids: number[] = [];
  for (let index = 0; index < instanceCount; index += 1) {
    ids.push(
      await driver.startInstance('privatelink', {
        domain: 'sd2',
        mode: 'target',
        probe: 'none',
        max_stale_seconds: 3_600 + index,
      }),
    );
  }
  await untilResolved(driver, ids[0] ?? 0);
  driver.close();
  return ids;
}

/** Before this, requests cost nothing, and the bench would prove nothing. */
async function untilResolved(driver: PluginServerDriver, instanceId: number): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const calls = await driver.handleEvent(instanceId, 'access', async () => null);
    if (calls.length === 2) return;
    await wait(100);
  }
  throw new Error('the plugin resolved no request within 10 s');
}

/** The requests go to one instance after the other; a connection of Kong's serves one at a time. */
async function request(socketPath: string, instanceIds: readonly number[], count: number): Promise<void> {
  for (const instanceId of instanceIds) {
    const share = Math.ceil(count / instanceIds.length / connections);
    const callers = await Promise.all(
      Array.from({ length: connections }, () => openProtobufCaller(socketPath, instanceId)),
    );
    await Promise.all(
      callers.map(async (caller) => {
        for (let index = 0; index < share; index += 1) await new Promise<boolean>((done) => caller.call(done));
        caller.close();
      }),
    );
  }
}

async function heapOf(child: ChildProcess): Promise<number> {
  const answer = once(child, 'message');
  child.send('heap');
  const [told] = await answer;
  return heapSchema.parse(told).heapBytes;
}

void soak();
