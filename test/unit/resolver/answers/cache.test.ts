import { describe, expect, it } from '@jest/globals';
import { createAnswerCache } from '#resolver/answers/cache';

const kept = (byte: number, bytes = 100) => ({
  bytes: Buffer.alloc(bytes, byte),
  revision: 1,
  untilMs: 1_000,
  more: byte,
});
const ask = (id: number, what: string) => Buffer.from(`${String.fromCharCode(0, id)}${what}`, 'latin1');
const now = { revision: 1, nowMs: 0 };

describe('createAnswerCache', () => {
  it('returns one answer for equal questions, with the id of each question', () => {
    const cache = createAnswerCache<number>(10_000);
    cache.keep(ask(1, 'sd2'), 'udp', kept(7));

    const [one, other] = [cache.find(ask(2, 'sd2'), 'udp', now), cache.find(ask(3, 'sd2'), 'udp', now)];

    expect(one?.bytes.subarray(0, 3)).toEqual(Buffer.from([0, 2, 7]));
    expect(other?.bytes.subarray(0, 3)).toEqual(Buffer.from([0, 3, 7]));
  });

  it.each([
    ['another question', ask(1, 'Sd2'), 'udp', now],
    ['another transport', ask(1, 'sd2'), 'tcp', now],
    ['another revision', ask(1, 'sd2'), 'udp', { ...now, revision: 2 }],
    ['a later time', ask(1, 'sd2'), 'udp', { ...now, nowMs: 1_001 }],
  ] as const)('returns nothing for %s', (_, query, transport, moment) => {
    const cache = createAnswerCache<number>(10_000);
    cache.keep(ask(1, 'sd2'), 'udp', kept(7));

    expect(cache.find(query, transport, moment)).toBeUndefined();
  });

  it('holds at most its limit of bytes, and drops the oldest first', () => {
    const cache = createAnswerCache<number>(1_000);
    for (const one of ['a', 'b', 'c', 'c', 'd']) cache.keep(ask(1, one), 'udp', kept(1, 50));

    const found = ['a', 'b', 'c', 'd'].filter((one) => cache.find(ask(1, one), 'udp', now));

    expect(found).toEqual(['b', 'c', 'd']);
  });

  it('keeps a copy of the bytes, and not the larger buffer around them', () => {
    const cache = createAnswerCache<number>(10_000);
    const larger = Buffer.alloc(8_192, 7);
    cache.keep(ask(1, 'sd2'), 'udp', { ...kept(7), bytes: larger.subarray(0, 100) });
    larger.fill(9);

    expect(cache.find(ask(2, 'sd2'), 'udp', now)?.bytes[2]).toBe(7);
  });

  it('does not keep an answer above its limit', () => {
    const cache = createAnswerCache<number>(1_000);
    cache.keep(ask(1, 'sd2'), 'tcp', kept(1, 1_001));

    expect(cache.find(ask(1, 'sd2'), 'tcp', now)).toBeUndefined();
  });
});
