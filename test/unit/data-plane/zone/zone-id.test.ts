import { describe, expect, it } from '@jest/globals';
import { type ErrorCode, PrivatelinkError } from '#core/errors';
import { type FromZone, lookUpZone } from '#data-plane/zone/zone-id';

function unknown(code: ErrorCode): PrivatelinkError {
  return new PrivatelinkError('not known', { code, fix: undefined });
}

async function run(...answers: readonly (string | Error)[]) {
  const left = [...answers];
  const posted: FromZone[] = [];
  const pauses: number[] = [];
  const find = async () => {
    const next = left.shift();
    if (typeof next === 'string') return next;
    throw next;
  };
  const sleep = async (ms: number) => void pauses.push(ms);
  const post = (message: FromZone) => void posted.push(message);
  const clock = { now: () => 0, monotonicMs: () => 0, sleep };
  await lookUpZone({ find, clock, random: () => 1, post }, new AbortController().signal);
  return { posted, pauses };
}

describe('lookUpZone', () => {
  it('tries again, less and less often, and says why, until it finds the zone', async () => {
    const { posted, pauses } = await run(unknown('UNREACHABLE'), unknown('UNREACHABLE'), 'use1-az1');

    const problem = { kind: 'problem', reason: 'not known' };
    expect(posted).toEqual([problem, problem, { kind: 'zone', zoneId: 'use1-az1' }]);
    expect(pauses).toEqual([1_000, 2_000]);
  });

  it('gives up where no metadata service exists', async () => {
    const { posted, pauses } = await run(unknown('CONFIG_MISSING'));

    expect(posted).toEqual([{ kind: 'problem', reason: 'not known' }]);
    expect(pauses).toEqual([]);
  });
});
