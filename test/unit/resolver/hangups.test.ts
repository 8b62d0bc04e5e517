import { EventEmitter } from 'node:events';
import { describe, expect, it } from '@jest/globals';
import { hearHangups } from '#resolver/hangups';

const turn = () => new Promise<void>((done) => setImmediate(done));

function open() {
  const signals = new EventEmitter();
  const ends: (() => void)[] = [];
  let most = 0;
  const reload = () =>
    new Promise<void>((done) => {
      ends.push(done);
      most = Math.max(most, ends.length);
    });
  const begun = { count: 0 };
  const counted = async () => {
    begun.count += 1;
    await reload();
  };
  const endOne = async () => {
    ends.shift()?.();
    await turn();
  };
  return { signals, hangups: hearHangups(signals), counted, begun, endOne, most: () => most };
}

describe('hearHangups', () => {
  it('reloads once for all signals that came before a handler was set', async () => {
    const { signals, hangups, counted, begun, endOne } = open();
    signals.emit('SIGHUP');
    signals.emit('SIGHUP');

    hangups.follow(counted);
    await endOne();

    expect(begun.count).toBe(1);
  });

  it('never reloads twice at once, and once more for all signals that come meanwhile', async () => {
    const { signals, hangups, counted, begun, endOne, most } = open();
    hangups.follow(counted);

    for (let times = 0; times < 50; times += 1) signals.emit('SIGHUP');
    await endOne();
    await endOne();
    await endOne();

    expect([begun.count, most()]).toEqual([2, 1]);
  });

  it('ignores signals after its end', () => {
    const { signals, hangups } = open();

    hangups.end();

    expect(signals.listenerCount('SIGHUP')).toBe(0);
  });
});
