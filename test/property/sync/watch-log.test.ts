import { expect, it } from '@jest/globals';
import type { PassLog } from '#sync/watch/log/pass-log';
import { measureWatch } from '../../simulation/watch-memory';

type Line = { readonly message: string; readonly [field: string]: unknown };

/** A log that keeps what it is given. */
function openLog(): { readonly log: PassLog; readonly lines: readonly Line[] } {
  const lines: Line[] = [];
  const write = (fields: object, message?: string) => void lines.push({ ...fields, message: message ?? '' });
  return { log: { debug: write, info: write, warn: write, error: write }, lines };
}

const passes = 400;

it('the log accounts for every planned change of each pass, and for every write of all passes', async () => {
  const { log, lines } = openLog();

  await measureWatch({ first: 1, last: passes, log });

  const ended = lines.filter(({ message }) => message === 'pass ended');
  for (const { changes, applied, failed, skipped, held, waiting } of ended) {
    expect([applied, failed, skipped, held, waiting].reduce<number>((sum, one) => sum + Number(one), 0)).toBe(changes);
    expect(Number(waiting)).toBeGreaterThanOrEqual(0);
  }
  const written = ended.reduce((sum, { applied }) => sum + Number(applied), 0);
  const more = lines.filter(({ message }) => message === 'more changes applied');
  const told = lines.filter(({ message }) => message === 'change applied').length;
  expect(told + more.reduce((sum, one) => sum + Number(one.more), 0)).toBe(written);
  expect(ended.length).toBeGreaterThan(passes / 2);
  expect(written).toBeGreaterThan(100);
});
