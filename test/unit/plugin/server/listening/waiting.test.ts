import { Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { createWaiting, type Waiting } from '#plugin/server/listening/waiting';

/** Half of Kong's time-out of a minute. */
const longestMs = 30_000;

let waiting: Waiting;
let sockets: readonly Socket[];

beforeEach(() => {
  jest.useFakeTimers();
  waiting = createWaiting();
  sockets = [new Socket(), new Socket()];
  for (const socket of sockets) waiting.add(socket);
});

afterEach(() => {
  for (const socket of sockets) socket.destroy();
  jest.useRealTimers();
});

function areEnded(): readonly boolean[] {
  return sockets.map(({ writableEnded }) => writableEnded);
}

describe('createWaiting', () => {
  it('returns a connection that was put back first, then the longest waiting one', () => {
    const [first, second] = sockets;
    const taken = waiting.take();
    if (taken) waiting.putBack(taken);

    expect([taken, waiting.take(), waiting.take(), waiting.take()]).toEqual([first, first, second, undefined]);
  });

  it('fm-53 closes a connection that was not taken in time, and keeps a taken one', () => {
    waiting.take();

    jest.advanceTimersByTime(longestMs - 1);
    const before = areEnded();
    jest.advanceTimersByTime(1);

    expect([before, areEnded(), waiting.take()]).toEqual([[false, false], [false, true], undefined]);
  });

  it('fm-53 closes a connection that is put back again and again at the usual time', () => {
    for (let round = 0; round < 100; round += 1) {
      const taken = waiting.take();
      jest.advanceTimersByTime(longestMs / 100);
      if (taken && round < 99) waiting.putBack(taken);
    }

    expect(areEnded()).toEqual([false, true]);
  });

  it('fm-53 closes a connection that is put back after its time', () => {
    const taken = waiting.take();
    jest.advanceTimersByTime(longestMs);
    if (taken) waiting.putBack(taken);

    expect([areEnded(), waiting.take()]).toEqual([[true, true], undefined]);
  });

  it('returns no connection that closed meanwhile', () => {
    sockets[0]?.destroy();

    expect(waiting.take()).toBe(sockets[1]);
  });
});
