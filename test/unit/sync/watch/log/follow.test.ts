import { describe, expect, it } from '@jest/globals';
import type { Condition, Conditions, Line } from '#sync/watch/log/conditions';
import { follow } from '#sync/watch/log/follow';

const minute = 60_000;
const scope: Condition = { kind: 'scope', id: 'hub', who: { scope: 'hub' }, variant: 'AWS', why: { reason: 'no' } };
const isUndecided = () => false;

/** The lines of each pass, a minute apart unless the test says otherwise. */
function openFollowing() {
  let conditions: Conditions = new Map();
  let nowMs = 0;
  const pass = (
    holds: readonly Condition[],
    { afterMs = minute, isOpen = isUndecided }: { afterMs?: number; isOpen?: () => boolean } = {},
  ) => {
    nowMs += afterMs;
    const { lines, ...next } = follow(conditions, { holds, isUndecided: isOpen }, nowMs);
    conditions = next.conditions;
    return lines;
  };
  return { pass, conditions: () => conditions };
}

const messages = (lines: readonly Line[]) => lines.map(({ message }) => message);

describe('follow', () => {
  it('reports a condition when it begins and when it ends, and not in between', () => {
    const { pass } = openFollowing();

    const said = [pass([scope]), pass([scope]), pass([scope]), pass([]), pass([])];

    expect(said).toEqual([
      [{ level: 'warn', message: 'scope unknown', fields: { scope: 'hub', reason: 'no' } }],
      [],
      [],
      [{ level: 'info', message: 'scope known again', fields: { scope: 'hub', forSeconds: 180 } }],
      [],
    ]);
  });

  it('reports a lasting condition each hour', () => {
    const { pass } = openFollowing();
    const said = Array.from({ length: 181 }, () => pass([scope])).flat();

    expect(messages(said)).toEqual(['scope unknown', ...Array(3).fill('scope still unknown')]);
    expect(said.at(-1)?.fields).toMatchObject({ forSeconds: 10_800, reason: 'no' });
  });

  it('reports another code of a condition once', () => {
    const { pass } = openFollowing();
    const denied = { ...scope, variant: 'ACCESS_DENIED' };

    const said = [scope, denied, scope, denied].map((one) => messages(pass([one])));

    expect(said).toEqual([['scope unknown'], ['scope still unknown'], [], []]);
  });

  it('reports no end while the end is uncertain', () => {
    const { pass } = openFollowing();
    pass([scope]);

    const meanwhile = pass([], { afterMs: 90 * minute, isOpen: () => true });
    const ended = pass([]);

    expect([meanwhile, messages(ended)]).toEqual([[], ['scope known again']]);
  });

  it('reports a restless condition at its fourth begin within an hour, then hourly, then its end', () => {
    const { pass, conditions } = openFollowing();
    const pairs = Array.from({ length: 60 }, () => [pass([scope]), pass([])].flat()).flat();
    const rest = Array.from({ length: 61 }, () => pass([])).flat();

    expect(messages(pairs)).toEqual([
      ...Array(3).fill(['scope unknown', 'scope known again']).flat(),
      'scope unknown now and then',
      'scope unknown now and then',
    ]);
    expect(pairs.at(-1)?.fields).toMatchObject({ times: 34 });
    expect(rest).toMatchObject([{ message: 'scope known again', fields: { times: 60 } }]);
    expect(conditions().size).toBe(0);
  });

  it('reports a condition as lasting after it came and went and then lasted for an hour', () => {
    const { pass } = openFollowing();
    for (let count = 0; count < 3; count += 1) [pass([scope]), pass([])];

    const said = Array.from({ length: 62 }, () => pass([scope])).flat();

    expect(messages([...said, ...pass([])])).toEqual([
      'scope unknown now and then',
      'scope still unknown',
      'scope known again',
    ]);
  });

  it('names twenty conditions that begin or end together, and counts the rest', () => {
    const { pass } = openFollowing();
    const many = Array.from({ length: 25 }, (_, index): Condition => {
      const id = `vpce-${index}`;
      return { ...scope, kind: 'endpoint', id, who: { endpoint: id } };
    });

    const [began, ended] = [pass(many), pass([])];

    expect([began.length, ended.length]).toEqual([21, 21]);
    expect(began.at(-1)).toEqual({ level: 'warn', message: 'endpoint quarantined', fields: { more: 5 } });
    expect(ended.at(-1)).toEqual({ level: 'info', message: 'endpoint no longer quarantined', fields: { more: 5 } });
  });

  it('remembers at most a thousand ended conditions', () => {
    const { pass, conditions } = openFollowing();
    for (let count = 0; count < 30; count += 1)
      pass(Array.from({ length: 100 }, (_, index): Condition => ({ ...scope, id: `${count} ${index}` })));

    expect(conditions().size).toBe(1_100);
  });
});
