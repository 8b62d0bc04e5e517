import { spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export type FuzzResolverOptions = {
  /** On 127.0.0.1. */
  readonly port: number;
  /** The same seed sends the same bytes. */
  readonly seed: number;
  readonly isOver: (round: number) => boolean;
};

export type FuzzTold = { readonly rounds: number; readonly answers: number };

/** Wait for an answer to noise in milliseconds: most noise gets none. */
const silenceMs = 5;
/** Longest wait for the answer to a valid question, in milliseconds. */
const patienceMs = 30_000;
const leastBytes = 512;
const mostBytes = 1_232;

/**
 * Sends random and mutated messages by UDP, now and then by TCP, and a valid question after each.
 * Returns the number of rounds, and of answers to noise. Rejects where a valid question is not
 * answered, or an answer exceeds the allowed length.
 */
export async function fuzzResolver({ port, seed, isOver }: FuzzResolverOptions): Promise<FuzzTold> {
  const random = createNoise(seed);
  const socket = createSocket('udp4');
  socket.connect(port, '127.0.0.1');
  await once(socket, 'connect');
  socket.on('error', () => {});
  let [round, answers] = [0, 0];
  socket.on('message', (answer) => {
    answers += 1;
    if (answer.length > mostBytes) socket.emit('tooLong', answer.length);
  });
  const tooLong = new Promise<never>((_, reject) =>
    socket.once('tooLong', (bytes) => reject(new Error(`an answer of ${bytes} bytes`))),
  );
  try {
    for (; !isOver(round); round += 1) {
      const noise = noiseOf(random);
      if (random(20) === 0) await disturbByTcp(port, noise);
      else socket.send(noise);
      await Promise.race([askValid(port, random(65_536)), tooLong]);
    }
    return { rounds: round, answers };
  } finally {
    socket.close();
  }
}

type Random = (below: number) => number;

/** A linear congruential generator (Numerical Recipes): the same everywhere. */
function createNoise(seed: number): Random {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const names = [
  'sd2.privatelink.internal',
  '_http._tcp.SD2.privatelink.internal',
  'example.com',
  'a.b.privatelink.internal',
];

function noiseOf(random: Random): Buffer {
  const ways: readonly (() => Buffer)[] = [
    () => Buffer.from(Array.from({ length: random(100) }, () => random(256))),
    () => mutated(random, questionOf(random)),
    () => questionOf(random).subarray(0, random(40)),
    () => Buffer.concat([questionOf(random), Buffer.alloc(random(2_000), random(256))]),
    () => questionOf(random),
  ];
  return ways[random(ways.length)]?.() ?? Buffer.alloc(0);
}

/** A valid question, most often about one of our names, of any type. */
function questionOf(random: Random): Buffer {
  return messageFor(
    names[random(names.length)] ?? '',
    [1, 28, 33, 6, 255, 252, 16, random(65_536)][random(8)] ?? 1,
    random(65_536),
  );
}

function messageFor(name: string, type: number, id: number): Buffer {
  const labels = name.split('.').map((label) => Buffer.concat([Buffer.from([label.length]), Buffer.from(label)]));
  const header = Buffer.from([id >> 8, id & 255, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
  return Buffer.concat([header, ...labels, Buffer.from([0, type >> 8, type & 255, 0, 1])]);
}

function mutated(random: Random, message: Buffer): Buffer {
  const own = Buffer.from(message);
  for (let left = 1 + random(6); left > 0; left -= 1) own[random(own.length)] = random(256);
  return own;
}

async function askValid(port: number, id: number): Promise<void> {
  const socket = createSocket('udp4');
  try {
    socket.send(messageFor(names[0] ?? '', 33, id), port, '127.0.0.1');
    const [answer]: Buffer[] = await once(socket, 'message', { signal: AbortSignal.timeout(patienceMs) });
    if (!answer || answer.readUInt16BE(0) !== id || answer.readUInt16BE(6) !== 2)
      throw new Error('a valid question got another answer');
    if (answer.length > leastBytes)
      throw new Error(`an answer of ${answer.length} bytes, but the client takes ${leastBytes}`);
  } finally {
    socket.close();
  }
}

/** Sends a frame, sometimes with a wrong length. */
async function disturbByTcp(port: number, noise: Buffer): Promise<void> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {}).resume();
  socket.write(Buffer.concat([Buffer.from([noise.length >> 8, noise.length & 255]), noise]));
  await once(socket, 'close', { signal: AbortSignal.timeout(silenceMs) }).catch(() => {});
  socket.destroy();
}

export type FuzzedResolver = {
  readonly port: number;
  readonly log: () => string;
  /** Rejects where the process had ended before. */
  readonly close: () => Promise<void>;
};

/** Starts the compiled resolver with domain sd2 at two static addresses, on a port that is free. */
export async function startFuzzedResolver(): Promise<FuzzedResolver> {
  const folder = mkdtempSync(join(tmpdir(), 'kong-privatelink-fuzz-'));
  const config = join(folder, 'kong-privatelink.yaml');
  const endpoints = [{ domain: 'sd2', addresses: ['10.0.1.11', '10.0.2.11'] }];
  const source = { name: 'fixed', type: 'static', region: 'us-east-1', endpoints };
  writeFileSync(
    config,
    JSON.stringify({ owner: 'fuzz', sources: [source], resolver: { listen: '127.0.0.1:0', forward: [] } }),
  );
  const main = join(__dirname, '../../resolver/main.js');
  const child = spawn(process.execPath, [main, '-c', config, '--json', '--zone-id', 'use1-az1'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let log = '';
  child.stderr.on('data', (chunk) => {
    log += chunk;
  });
  const ended = once(child, 'close');
  const [line] = await Promise.race([once(child.stdout, 'data'), ended.then(() => Promise.reject(new Error(log)))]);
  const port = Number(/:(\d+)"/.exec(String(line))?.[1]);
  for (let tries = 0; tries < 100; tries += 1)
    if (
      await askValid(port, 1).then(
        () => true,
        () => false,
      )
    )
      break;
  const close = async () => {
    const hasEnded = child.exitCode !== null || child.signalCode !== null;
    child.kill('SIGTERM');
    await ended;
    rmSync(folder, { recursive: true });
    if (hasEnded) throw new Error(`the resolver ended unexpectedly\n${log}`);
  };
  return { port, log: () => log, close };
}
