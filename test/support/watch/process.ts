import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { request } from 'undici';
import { z } from 'zod';
import type { Estate } from '../estate';
import { builtCli } from '../sandbox';
import { until } from '../until';
import { seriesOf } from './scrapes';

/**
 * Runs in all threads of the worker before its own code: time is a minute further on once the file `ahead` is there, and at SIGUSR2 the
 * thread of the passes does nothing else any more, until the file `free` is there.
 */
const preloaded = `
const { existsSync } = require('node:fs');
const { isMainThread } = require('node:worker_threads');
const now = performance.now.bind(performance);
performance.now = () => now() + (existsSync(__dirname + '/ahead') ? 61_000 : 0);
if (isMainThread) process.on('SIGUSR2', () => {
  while (!existsSync(__dirname + '/free')) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10);
});
`;

const line = z.looseObject({ msg: z.string(), address: z.string().optional() });

/** A worker as a process over the estate, which must listen on loopback, and what Prometheus would read of it. */
export async function startScrapedWorker(estate: Estate) {
  const preload = join(estate.folder, 'preload.js');
  writeFileSync(preload, preloaded);
  const argv = [builtCli, 'sync', '--watch', '-c', join(estate.folder, 'kong-privatelink.yaml')];
  const env = { ...process.env, ...estate.env, NODE_OPTIONS: `--require "${preload}"` };
  const child = spawn(process.execPath, argv, { env, stdio: ['ignore', 'pipe', 'inherit'] });
  const address = await addressOf(child);
  /** The value of a series, without the prefix that all have; undefined where there is none. */
  const read = async (series: string) => {
    const { body } = await request(`${address}/metrics`, { reset: true });
    const value = seriesOf([await body.text()]).get(`kong_privatelink_${series}`)?.[0];
    return value === undefined ? undefined : Number(value);
  };
  return {
    address,
    read,
    /** Waits until the series has this value. */
    shows: (series: string, value: number) =>
      until(`${series} is ${value}`, async () => (await read(series)) === value),
    /** Waits until so many more passes have ended. */
    passes: async (count: number) => {
      const ended = (await read('passes_total')) ?? 0;
      await until(`${count} passes`, async () => ((await read('passes_total')) ?? 0) >= ended + count);
    },
    skipMinute: () => writeFileSync(join(estate.folder, 'ahead'), ''),
    /** Lets a pass begin. */
    trigger: () => child.kill('SIGHUP'),
    hang: () => child.kill('SIGUSR2'),
    close: async () => {
      if (child.exitCode !== null) return;
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
}

async function addressOf({ stdout }: ChildProcess): Promise<string> {
  if (!stdout) throw new Error('no standard output');
  const lines = createInterface(stdout);
  for await (const text of lines) {
    const { msg, address } = line.parse(JSON.parse(text));
    if (msg === 'watching' && address) {
      stdout.resume();
      return address;
    }
  }
  throw new Error('the worker ended before it listened');
}
