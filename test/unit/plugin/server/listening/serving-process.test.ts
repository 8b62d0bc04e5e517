import type { ChildProcess } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { createOrphans } from '#plugin/server/listening/orphans';
import { openServingProcess } from '#plugin/server/listening/serving-process';
import { createWaiting } from '#plugin/server/listening/waiting';
import { until } from '../../../../support/until';

let folder: string;
let child: ChildProcess & { pid?: number | undefined };
let signals: unknown[];
let problems: string[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kong-privatelink-'));
  signals = [];
  problems = [];
  const kill = (signal: unknown) => signals.push(signal);
  child = Object.assign(new EventEmitter(), { pid: 1, send: () => true, kill }) as unknown as ChildProcess;
});

afterEach(() => {
  child.emit('close', null, 'SIGKILL');
  rmSync(folder, { recursive: true });
});

function open(askEveryMs: number, waiting = createWaiting()) {
  return openServingProcess(
    child,
    { waiting, orphans: createOrphans() },
    {
      socketPath: join(folder, 'js.sock'),
      askEveryMs,
      onServing: () => {},
      onProblem: (reason) => problems.push(reason),
      onEnd: () => {},
    },
  );
}

/** Listens, and handles each connection as the test says. */
function listen(server: Server): Promise<Server> {
  return new Promise((resolve) => server.listen(join(folder, 'js.sock'), () => resolve(server)));
}

describe('openServingProcess', () => {
  it('fm-53 kills a process that asks for connections and answers none', async () => {
    const server = await listen(createServer({ allowHalfOpen: true }));
    open(20);

    child.emit('message', 'next');
    await until('it is killed', () => {
      child.emit('message', 'next');
      return signals.length > 0;
    });

    expect([signals, problems]).toEqual([['SIGKILL'], ['the serving process does not answer any more, and is killed']]);
    server.close();
  });

  it('fm-53 keeps a process that answers each call, on a new connection for each', async () => {
    let answered = 0;
    const server = await listen(
      createServer((socket) => {
        socket.on('error', () => {});
        socket.on('data', (bytes) => {
          answered += 1;
          socket.write(bytes);
        });
      }),
    );
    open(200);

    child.emit('message', 'next');
    await until('it was called more often than may be in vain', () => answered > 6);

    expect(signals).toEqual([]);
    server.close();
  });

  it.each<[string, readonly string[], readonly string[]]>([
    ['keeps a process that takes connections while the call waits behind them', ['next'], []],
    ['kills a process that asks again and again and loses each connection', ['lost', 'next'], ['SIGKILL']],
    ['kills a process that takes no connection', [], ['SIGKILL']],
  ])('fm-53 %s', (_, told, expected) => {
    jest.useFakeTimers();
    try {
      const waiting = createWaiting();
      const { offer } = open(1_000, waiting);
      child.emit('message', 'next');
      for (let round = 0; round < 4; round += 1) {
        waiting.add(new Socket().on('error', () => {}));
        offer();
        jest.advanceTimersByTime(5_000);
        for (const message of told) child.emit('message', message);
      }

      expect(signals).toEqual(expected);
    } finally {
      jest.useRealTimers();
    }
  });

  it('fm-53 kills a process that never begins to serve', () => {
    jest.useFakeTimers();
    try {
      open(1_000);
      jest.advanceTimersByTime(59_999);
      const before = [...signals];
      jest.advanceTimersByTime(1);

      expect([before, signals]).toEqual([[], ['SIGKILL']]);
    } finally {
      jest.useRealTimers();
    }
  });

  it('fm-53 kills no process that could not start', () => {
    jest.useFakeTimers();
    try {
      child.pid = undefined;
      open(1_000);
      child.emit('error', new Error('spawn EMFILE'));
      jest.advanceTimersByTime(60_000);

      expect([signals, problems]).toEqual([[], []]);
    } finally {
      jest.useRealTimers();
    }
  });
});
