import { connect } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { frameOf, maxFrameBytes } from '#plugin/server/protocol/frames';
import { encodeMessage } from '#plugin/server/protocol/protobuf';
import type { PluginServer } from '#sandbox/plugin-server/server';

export type FuzzOptions = {
  readonly socketPath: string;
  readonly server: Pick<PluginServer, 'startInstance' | 'handleEvent'>;
  /** The same seed sends the same bytes. */
  readonly seed: number;
  readonly isOver: (round: number) => boolean;
};

/** Longest life of a silent connection in milliseconds: the server need not close it. */
const silenceMs = 20;

/**
 * Sends random and mutated frames, each round on a connection of its own, and a valid request after
 * each. Returns the number of rounds. Rejects when a valid request is not answered.
 */
export async function fuzzPluginServer({ socketPath, server, seed, isOver }: FuzzOptions): Promise<number> {
  const random = createRandom(seed);
  const instance = await server.startInstance('privatelink', { domain: 'sd2' });
  let round = 0;
  for (; !isOver(round); round += 1) {
    await disturb(socketPath, noiseOf(random, instance), random);
    await server.handleEvent(instance, 'access', async () => undefined);
  }
  return round;
}

type Random = (below: number) => number;

/** Mulberry32: small, and the same everywhere. */
function createRandom(seed: number): Random {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

/** Up to eight pieces, each in one of these ways. */
function noiseOf(random: Random, instance: number): Buffer {
  const ways: readonly (() => Uint8Array)[] = [
    () => randomBytes(random, 64),
    () => frameOf(randomBytes(random, 64)),
    () => mutated(random, validFrame(random, instance)),
    () => validFrame(random, instance),
    () => validFrame(random, instance).subarray(0, random(20)),
    () => Buffer.from(Uint32Array.of(maxFrameBytes - 8 + random(16)).buffer),
    () => frameOf(Buffer.alloc(random(3) * 40_000)),
  ];
  return Buffer.concat(Array.from({ length: 1 + random(8) }, () => ways[random(ways.length)]?.() ?? Buffer.alloc(0)));
}

function randomBytes(random: Random, below: number): Buffer {
  return Buffer.from(Array.from({ length: random(below) }, () => random(256)));
}

function validFrame(random: Random, instance: number): Uint8Array {
  const sequence = random(2 ** 31);
  const event = encodeMessage([
    [1, instance],
    [2, ['access', 'log', ''][random(3)] ?? ''],
  ]);
  const start = encodeMessage([
    [1, 'privatelink'],
    [2, ['{"domain":"sd2"}', '{"domain":7}', 'null', '[]'][random(4)] ?? ''],
  ]);
  const field = [31, 33, 35, 36, 36, 36, 99][random(7)] ?? 36;
  const argument = field === 35 ? encodeMessage([[1, random(9)]]) : field === 33 ? start : event;
  return frameOf(
    encodeMessage([
      [1, sequence],
      [field, argument],
    ]),
  );
}

function mutated(random: Random, frame: Uint8Array): Uint8Array {
  const bytes = Buffer.from(frame);
  for (let changes = 1 + random(4); changes > 0; changes -= 1) bytes[random(bytes.length)] = random(256);
  return bytes;
}

/**
 * Writes the bytes in up to three pieces, reads the answer or nothing, and hangs up at some point.
 */
async function disturb(socketPath: string, noise: Buffer, random: Random): Promise<void> {
  const socket = connect(socketPath);
  socket.on('error', () => {});
  const closed = new Promise((resolve) => socket.once('close', resolve));
  if (random(2) === 0) socket.resume();
  const cuts = [random(noise.length + 1), random(noise.length + 1)].sort((one, other) => one - other);
  socket.write(noise.subarray(0, cuts[0]));
  await new Promise(setImmediate);
  socket.write(noise.subarray(cuts[0], cuts[1]));
  socket.end(noise.subarray(cuts[1]));
  if (random(2) === 0) socket.destroy();
  await Promise.race([closed, wait(silenceMs)]);
  socket.destroy();
}
