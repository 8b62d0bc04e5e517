import { spawn } from 'node:child_process';
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
 * Runs in a worker before its own code. At SIGUSR2 the passes' thread says so and blocks, as in a
 * long plan, until the file `free` exists.
 */
export const busyAtSignal = `
const { existsSync, writeSync } = require('node:fs');
const { isMainThread } = require('node:worker_threads');
if (isMainThread) process.on('SIGUSR2', () => {
  writeSync(1, JSON.stringify({ msg: 'busy' }) + '\\n');
  while (!existsSync(__dirname + '/free')) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10);
});
`;

/** The same in all of its threads: time is a minute further on once the file `ahead` is there. */
const aheadAtWill = `
const now = performance.now.bind(performance);
performance.now = () => now() + (existsSync(__dirname + '/ahead') ? 61_000 : 0);
`;

/** The environment of a worker over the estate that runs this script first. */
export function preloaded({ folder }: Estate, script: string): Readonly<Record<string, string>> {
  const file = join(folder, 'preload.js');
  writeFileSync(file, script);
  return { NODE_OPTIONS: `--require "${file}"` };
}

const line = z.looseObject({ msg: z.string(), address: z.string().optional(), reason: z.string().optional() });

export type WorkerProcess = ReturnType<typeof startWorkerProcess>;

/** A worker process over the estate, which must listen on loopback, with the lines of its log. */
export function startWorkerProcess(
  estate: Estate,
  { argv = [], env = {} }: { readonly argv?: readonly string[]; readonly env?: Readonly<Record<string, string>> } = {},
) {
  const file = join(estate.folder, 'kong-privatelink.yaml');
  const child = spawn(process.execPath, [builtCli, 'sync', '--watch', '-c', file, ...argv], {
    env: { ...process.env, ...estate.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const reading = createInterface(child.stdout);
  const lines = reading[Symbol.asyncIterator]();
  const said: string[] = [];
  reading.on('line', (text) => said.push(text));
  const ended = once(child, 'exit');
  /** Reads on to the next line of this message, with this in its reason. */
  const until = async (message: string, about = '') => {
    for (;;) {
      const { value, done } = await lines.next();
      if (done) throw new Error(`ended before "${message}"`);
      const parsed = line.parse(JSON.parse(value));
      if (parsed.msg === message && (parsed.reason ?? '').includes(about)) return parsed;
    }
  };
  return {
    child,
    lines,
    /** All lines so far of this message. */
    said: (message: string) => said.map((text) => line.parse(JSON.parse(text))).filter(({ msg }) => msg === message),
    until,
    ended,
    close: async () => {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

/** The same, and what Prometheus would read of it. */
export async function startScrapedWorker(estate: Estate) {
  const {
    child,
    until: logs,
    said,
    ended,
    close,
  } = startWorkerProcess(estate, {
    env: preloaded(estate, busyAtSignal + aheadAtWill),
  });
  child.stderr.pipe(process.stderr, { end: false });
  const { address } = await logs('watching');
  /** What it answers at /metrics. */
  const page = async () => {
    const { body } = await request(`${address}/metrics`, { reset: true });
    return body.text();
  };
  /** The value of a series, without the prefix that all have; undefined where there is none. */
  const read = async (series: string) => {
    const value = seriesOf([await page()]).get(`kong_privatelink_${series}`)?.[0];
    return value === undefined ? undefined : Number(value);
  };
  return {
    address,
    said,
    page,
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
    /** Asks it to end, and gives its exit code. */
    stop: async () => {
      child.kill('SIGTERM');
      await ended;
      return child.exitCode;
    },
    close,
  };
}
