import { Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { createWaiting, type Waiting } from '#plugin/server/listening/waiting';

/** Half of the minute for which Kong waits. */
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
  it('gives who waits longest, and first of all who was put back', () => {
    const [first, second] = sockets;
    const taken = waiting.take();
    if (taken) waiting.putBack(taken);

    expect([taken, waiting.take(), waiting.take(), waiting.take()]).toEqual([first, first, second, undefined]);
  });

  it('fm-53 ends who was not taken in time, and leaves alone who was', () => {
    waiting.take();

    jest.advanceTimersByTime(longestMs - 1);
    const before = areEnded();
    jest.advanceTimersByTime(1);

    expect([before, areEnded(), waiting.take()]).toEqual([[false, false], [false, true], undefined]);
  });

  it('fm-53 ends who was given away in vain again and again at the same time', () => {
    for (let round = 0; round < 100; round += 1) {
      const taken = waiting.take();
      jest.advanceTimersByTime(longestMs / 100);
      if (taken && round < 99) waiting.putBack(taken);
    }

    expect(areEnded()).toEqual([false, true]);
  });

  it('fm-53 ends who is put back past its time', () => {
    const taken = waiting.take();
    jest.advanceTimersByTime(longestMs);
    if (taken) waiting.putBack(taken);

    expect([areEnded(), waiting.take()]).toEqual([[true, true], undefined]);
  });

  it('gives nobody who has left meanwhile', () => {
    sockets[0]?.destroy();

    expect(waiting.take()).toBe(sockets[1]);
  });
});
