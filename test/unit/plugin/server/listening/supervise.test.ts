import type { ChildProcess } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type Supervisor, supervise } from '#plugin/server/listening/supervise';
import { createFakeClock } from '../../../../support/passes';

/**
 * A serving process, played by the test. It takes what it is sent, and sends what the test says.
 */
type Player = EventEmitter & { readonly taken: Socket[]; pid: number | undefined };

let folder: string;
let path: string;
let supervisor: Supervisor;
let players: Player[];
let ends: number[];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'kong-privatelink-'));
  path = join(folder, 'js.sock');
  players = [];
  ends = [];
  supervisor = await supervise({
    socketPath: path,
    startServing: () => {
      const taken: Socket[] = [];
      const send = (_: unknown, given: unknown) => {
        if (given instanceof Socket) taken.push(given);
      };
      const player = Object.assign(new EventEmitter(), { taken, pid: 1, send, kill: () => true });
      players.push(player);
      return player as unknown as ChildProcess;
    },
    clock: createFakeClock(),
    askEveryMs: 60_000,
    onServing: () => {},
    onProblem: () => {},
    onEnd: (code) => ends.push(code),
  });
});

afterEach(() => {
  supervisor.stop();
  for (const socket of players.flatMap(({ taken }) => taken)) socket.destroy();
  rmSync(folder, { recursive: true });
});

/**
 * Connects, and records what arrives. It resolves once the listener has taken the connection,
 * because its loop has looked for new ones by then.
 */
async function open(): Promise<{ readonly socket: Socket; readonly received: Buffer[] }> {
  const socket = connect(path);
  const received: Buffer[] = [];
  socket.on('data', (bytes) => received.push(bytes));
  await once(socket, 'connect');
  for (let turns = 0; turns < 3; turns += 1) await turn();
  return { socket, received };
}

/** Ends the serving process; returns the process that is started in its place. */
async function replace(player: Player | undefined): Promise<Player | undefined> {
  player?.emit('close', null, 'SIGKILL');
  await turn();
  return players.at(-1);
}

/** Node emits `close` too, if it had made the pipes before. */
function failToStart(player: Player | undefined, reason: string): void {
  if (player) player.pid = undefined;
  player?.emit('error', new Error(`spawn ${reason}`));
  if (reason !== 'EMFILE') player?.emit('close', -1, null);
}

describe('supervise', () => {
  it('fm-25 hands over an unread connection again, before waiting connections', async () => {
    const [first] = players;
    first?.emit('message', 'next');
    const unread = await open();
    const waiting = await open();

    const second = await replace(first);
    second?.emit('message', 'next');
    second?.emit('message', 'next');

    expect(players).toHaveLength(2);
    expect(first?.taken).toHaveLength(1);
    expect(second?.taken).toHaveLength(2);
    expect(second?.taken[0]).toBe(first?.taken[0]);
    // The unread connection is not closed, unlike a connection that was read from.
    second?.taken[0]?.end('unread');
    second?.taken[1]?.end('waiting');
    await Promise.all([unread, waiting].map(({ socket }) => once(socket, 'end')));
    expect([unread, waiting].map(({ received }) => Buffer.concat(received).toString())).toEqual(['unread', 'waiting']);
  });

  it('fm-25 never hands over a connection again that may have been read from', async () => {
    const [first] = players;
    first?.emit('message', 'next');
    const read = await open();
    first?.emit('message', 'next');
    const ended = once(read.socket, 'end');

    const second = await replace(first);
    second?.emit('message', 'next');
    await ended;

    expect(second?.taken).toEqual([]);
    expect(Buffer.concat(read.received)).toEqual(Buffer.of(0));
  });

  it('fm-53 hands over a lost connection again, before waiting connections', async () => {
    const [player] = players;
    player?.emit('message', 'next');
    await open();
    await open();

    player?.emit('message', 'lost');
    player?.emit('message', 'next');
    player?.emit('message', 'next');

    expect(player?.taken).toHaveLength(3);
    expect(player?.taken[1]).toBe(player?.taken[0]);
    expect(player?.taken[2]).not.toBe(player?.taken[0]);
  });

  it.each(['EMFILE', 'EAGAIN'])(
    'fm-53 tries again if no process can start (%s), and closes connections of dead processes',
    async (reason) => {
      const [first] = players;
      first?.emit('message', 'next');
      const read = await open();
      first?.emit('message', 'next');

      failToStart(await replace(first), reason);
      await once(read.socket, 'end');
      await turn();

      expect([players.length, ends]).toEqual([3, []]);
    },
  );

  it.each(['EMFILE', 'EAGAIN'])('ends once with 1 if the first process cannot start (%s)', (reason) => {
    failToStart(players[0], reason);

    expect(ends).toEqual([1]);
  });
});
