import { connect, type Socket } from 'node:net';
import { decode, encode } from '@msgpack/msgpack';
import { z } from 'zod';
import { createFrameReader, frameOf } from '#plugin/server/protocol/frames';
import { encodeMessage } from '#plugin/server/protocol/protobuf';

/**
 * Kong's side of one connection, as small as possible: runs an event, answers its calls, and
 * reports its end.
 */
export type Caller = { readonly call: (done: (isOk: boolean) => void) => void; readonly close: () => void };

type OpenOne = () => Promise<Caller>;

export type OpenCaller = (socketPath: string, instanceId: number) => Promise<Caller>;

const phase = 'access';
const emptyFrame = Buffer.alloc(4);

/** ProtoBuf:1. */
export const openProtobufCaller: OpenCaller = async (socketPath, instanceId) => {
  const socket = await open(socketPath);
  const event = encodeMessage([
    [1, instanceId],
    [2, phase],
  ]);
  const request = frameOf(
    encodeMessage([
      [1, 1],
      [36, event],
    ]),
  );
  let next: 'method' | 'arguments' | 'return' = 'method';
  let ended: (isOk: boolean) => void = () => {};
  const take = (_: Buffer, at: number, end: number) => {
    if (next === 'method') next = at === end ? 'return' : 'arguments';
    else if (next === 'arguments') {
      next = 'method';
      socket.write(emptyFrame);
    } else {
      next = 'method';
      ended(true);
    }
  };
  const reader = createFrameReader({ isReady: () => true, take });
  socket.on('data', reader.push);
  const call: Caller['call'] = (done) => {
    ended = done;
    socket.write(request);
  };
  return { call, close: () => socket.destroy() };
};

const stepSchema = z.tuple([
  z.literal(1),
  z.number(),
  z.null(),
  z.object({ EventId: z.number(), Data: z.union([z.literal('ret'), z.object({ Method: z.string() })]) }),
]);

/** MsgPack:1. One frame comes in one chunk: they are small, and only one is under way. */
export const openMsgpackCaller: OpenCaller = async (socketPath, instanceId) => {
  const socket = await open(socketPath);
  const request = Buffer.from(encode([0, 1, 'plugin.HandleEvent', [{ InstanceId: instanceId, EventName: phase }]]));
  let ended: (isOk: boolean) => void = () => {};
  socket.on('data', (chunk) => {
    const [, , , { EventId, Data }] = stepSchema.parse(decode(chunk));
    if (Data === 'ret') ended(true);
    else socket.write(encode([0, 1, 'plugin.Step', [{ EventId, Data: null }]]));
  });
  const call: Caller['call'] = (done) => {
    ended = done;
    socket.write(request);
  };
  return { call, close: () => socket.destroy() };
};

async function open(socketPath: string): Promise<Socket> {
  const socket = connect(socketPath);
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('error', reject);
  });
  socket.on('error', (error) => {
    throw error;
  });
  return socket;
}

/** Calls in a row before the next turn, so that the machine affects all subjects alike. */
const turn = 100;

/**
 * Median time of a call of each subject in microseconds, one call after the other, in turns, after
 * `warmUp` untimed calls.
 */
export async function measureP50s(
  opens: readonly OpenOne[],
  { calls, warmUp }: { readonly calls: number; readonly warmUp: number },
): Promise<readonly number[]> {
  const timed = await Promise.all(
    opens.map(async (open) => ({ caller: await open(), times: new Float64Array(calls) })),
  );
  for (const { caller } of timed) await callInTurn(caller, new Float64Array(warmUp), 0, warmUp);
  for (let at = 0; at < calls; at += turn) {
    for (const { caller, times } of timed) await callInTurn(caller, times, at, at + turn);
  }
  return timed.map(({ caller, times }) => {
    caller.close();
    return times.sort()[calls >> 1] ?? 0;
  });
}

async function callInTurn(caller: Caller, times: Float64Array, from: number, to: number): Promise<void> {
  for (let index = from; index < to; index += 1) {
    const startMs = performance.now();
    if (!(await new Promise<boolean>((done) => caller.call(done)))) throw new Error('a call failed');
    times[index] = (performance.now() - startMs) * 1_000;
  }
}

/** Calls per second over `connections`, each of which begins its next call when one has ended. */
export async function measureRate(open: OpenOne, connections: number, forMs: number): Promise<number> {
  const callers = await Promise.all(Array.from({ length: connections }, open));
  let ended = 0;
  const startMs = performance.now();
  await Promise.all(
    callers.map(
      (caller) =>
        new Promise<void>((done) => {
          const again = (isOk = false) => {
            if (isOk) ended += 1;
            if (performance.now() - startMs < forMs) caller.call(again);
            else done();
          };
          caller.call(again);
        }),
    ),
  );
  const seconds = (performance.now() - startMs) / 1_000;
  for (const caller of callers) caller.close();
  return ended / seconds;
}
