import { describe, expect, it } from '@jest/globals';
import type { Quarantined } from '#core/model';
import type { Report } from '#sync/pass/report';
import type { AppliedChange, Change } from '#sync/plan/changes';
import { linesOfPass, nothingSaid, type Passed } from '#sync/watch/log/pass-lines';

const minute = 60_000;
const known = { id: 'hub.self.us-east-1', status: 'known', endpoints: 1, ageMs: 0 } as const;
const unknown = { ...known, status: 'unknown', ageMs: 90_000, code: 'THROTTLED', reason: 'slow down' } as const;
const quiet: Report = { owner: 'test', scopes: [known], quarantined: [], changes: [], kept: [], warnings: [] };
const bad: Quarantined = {
  endpointId: 'vpce-1',
  scopeId: known.id,
  domain: 'sd2',
  code: 'bad-tag',
  reason: 'kong:port is no number',
  fix: 'write one',
};

function changeOf(key: string): Change {
  return { action: 'create', kind: 'target', key, domain: 'sd2', reason: 'vpce-1' } as Change;
}

function applied(key: string, over: Partial<AppliedChange> = {}): AppliedChange {
  return { change: changeOf(key), outcome: 'applied', ...over };
}

/** The lines of successive passes, a minute apart. */
function sayEach(...passes: readonly (Partial<Report> | string)[]) {
  let said = nothingSaid;
  return passes.map((one, index) => {
    const number = index + 1;
    const passed: Passed =
      typeof one === 'string'
        ? { number, code: 'UNREACHABLE', reason: one }
        : { number, report: { ...quiet, ...one }, durationMs: 7.4 };
    const { lines, ...next } = linesOfPass(said, passed, number * minute);
    said = next.said;
    return lines;
  });
}

const shown = (lines: ReturnType<typeof sayEach>[number]) =>
  lines.filter(({ level }) => level !== 'debug').map(({ level, message }) => `${level} ${message}`);

describe('linesOfPass', () => {
  it('name an endpoint at its quarantine, with the fix, and at the end of the quarantine', () => {
    const [, entered = [], , left = []] = sayEach({}, { quarantined: [bad] }, { quarantined: [bad] }, {});

    expect(entered[0]).toEqual({
      level: 'warn',
      message: 'endpoint quarantined',
      fields: {
        plan: 2,
        endpoint: 'vpce-1',
        scope: known.id,
        domain: 'sd2',
        code: 'bad-tag',
        reason: 'kong:port is no number',
        fix: 'write one',
      },
    });
    expect(left[0]).toMatchObject({
      level: 'info',
      message: 'endpoint no longer quarantined',
      fields: { plan: 4, endpoint: 'vpce-1', scope: known.id, domain: 'sd2', forSeconds: 120 },
    });
  });

  it('neither name nor count endpoints of other gateways', () => {
    const [lines = []] = sayEach({ quarantined: [{ ...bad, code: 'other-gateway' }] });

    expect(lines).toMatchObject([{ message: 'pass ended', fields: { quarantined: 0 } }]);
  });

  it('name at the end of a pass the pinned revision', () => {
    const pinned = { revision: 'c8d1ee7764f1', newest: '00d78f54fd5b' };
    const [lines = []] = sayEach({ pinned });

    expect(lines).toMatchObject([{ message: 'pass ended', fields: { pinned: 'c8d1ee7764f1' } }]);
  });

  it("name the age of an unknown scope's last good, and report when the scope is known again", () => {
    const [began = [], , ended = []] = sayEach({ scopes: [unknown] }, { scopes: [unknown] }, {});

    expect(began[0]).toMatchObject({
      level: 'warn',
      message: 'scope unknown',
      fields: { scope: known.id, code: 'THROTTLED', lastGoodSeconds: 90, reason: 'slow down' },
    });
    expect(ended[0]).toMatchObject({ level: 'info', message: 'scope known again', fields: { forSeconds: 120 } });
  });

  it('warn of a refused plan, and of withheld removals', () => {
    const withheld = { reason: 'removes 7 of 20', changes: [changeOf('a')] };
    const [began = [], ended = []] = sayEach({ refused: 'too many', withheld }, {});

    expect(shown(began)).toEqual(['warn plan refused', 'warn removals withheld', 'info pass ended']);
    expect(shown(ended)).toEqual(['info plan no longer refused', 'info removals no longer withheld']);
  });

  it('report a warning once, whatever time it names', () => {
    const said = sayEach(
      { warnings: ['used by another, 1 min ago'] },
      { warnings: ['used by another, 2 min ago'] },
      {},
    ).map(shown);

    expect(said).toEqual([['warn warning', 'info pass ended'], [], ['info warning no longer holds']]);
  });

  it('report one fault of several scopes once: a refused role makes all of its regions unknown', () => {
    const regions = ['hub.1.eu-west-1', 'hub.1.us-east-1'].map((id) => ({ ...unknown, id, reason: 'role refused' }));

    const [began = [], lasting = [], ended = []] = sayEach({ scopes: regions }, { scopes: regions }, {});

    expect(began[0]).toMatchObject({
      message: 'scope unknown',
      fields: { scope: 'hub.1.eu-west-1, hub.1.us-east-1', reason: 'role refused' },
    });
    expect(shown([...began, ...lasting, ...ended]).filter((line) => line.includes('scope'))).toEqual([
      'warn scope unknown',
      'info scope known again',
    ]);
  });

  it('report no end for a scope that stays unknown while others of one fault come and go', () => {
    const [one, other] = ['hub.1.eu-west-1', 'hub.1.us-east-1'].map((id) => ({
      ...unknown,
      id,
      reason: 'role refused',
    }));
    const scopes = (...some: readonly (typeof one)[]) => ({ scopes: some.flatMap((scope) => scope ?? []) });

    const said = sayEach(scopes(one), scopes(one, other), scopes(one), {});

    expect(
      said.map((lines) => lines.flatMap(({ message, fields: { scope } }) => (scope ? `${message}: ${scope}` : []))),
    ).toEqual([
      ['scope unknown: hub.1.eu-west-1'],
      ['scope unknown: hub.1.us-east-1'],
      ['scope known again: hub.1.us-east-1'],
      ['scope known again: hub.1.eu-west-1'],
    ]);
  });

  it('do not end a condition that a pass could not check while a scope was unknown', () => {
    const warnings = [
      'domains.sd9: no endpoint that can be used claims this domain; correct the name, or give the domain an endpoint',
    ];
    const [, meanwhile = [], after = [], ended = []] = sayEach({ warnings }, { scopes: [unknown] }, { warnings }, {});

    expect([shown(meanwhile), shown(after), shown(ended)]).toEqual([
      ['warn scope unknown'],
      ['info scope known again'],
      ['info warning no longer holds'],
    ]);
  });

  it('report failing passes, and nothing meanwhile that these cannot check', () => {
    const said = sayEach({ scopes: [unknown] }, 'unreachable', 'unreachable', {}).map(shown);

    expect(said).toEqual([
      ['warn scope unknown', 'info pass ended'],
      ['error pass failed'],
      [],
      ['info scope known again', 'info passes succeed again'],
    ]);
  });

  it('end a failed change when it is written, or not planned any more, and not when it waits', () => {
    const changes = [changeOf('a'), changeOf('b')];
    const failed = [
      applied('a', { outcome: 'failed', code: 'REJECTED', error: 'no' }),
      applied('b', { outcome: 'failed', error: 'no' }),
    ];
    const [began = [], waits = [], mended = []] = sayEach(
      { changes, applied: failed },
      { changes },
      { changes: [changeOf('a')], applied: [applied('a')] },
    );

    expect(shown(began)).toEqual(['error change failed', 'error change failed', 'info pass ended']);
    expect(shown(waits)).toEqual([]);
    expect(mended.map(({ message, fields }) => [message, fields.key])).toEqual([
      ['change no longer fails', 'a'],
      ['change no longer fails', 'b'],
      ['change applied', 'a'],
      ['pass ended', undefined],
    ]);
  });

  it('count the planned changes, and the passes', () => {
    const changes = ['a', 'b', 'c', 'd', 'e', 'f'].map(changeOf);
    const given = [applied('a'), applied('b', { outcome: 'failed' }), applied('c', { outcome: 'skipped' })];
    const [first = [], , third = []] = sayEach({}, 'unreachable', { changes, applied: given, held: 2 });

    expect(first.at(-1)?.fields).toMatchObject({ passes: 1, scopes: 1, unknownScopes: 0, durationMs: 7 });
    expect(third.at(-1)?.fields).toMatchObject({
      passes: 2,
      changes: 6,
      applied: 1,
      failed: 1,
      skipped: 1,
      held: 2,
      waiting: 1,
    });
  });

  it('report idle passes once an hour, and each of them at level debug', () => {
    const said = sayEach(...Array(121).fill({})).flat();

    expect(said).toHaveLength(121);
    expect(said.filter(({ level }) => level === 'info').map(({ fields }) => fields)).toMatchObject([
      { plan: 1, passes: 1 },
      { plan: 61, passes: 60 },
      { plan: 121, passes: 60 },
    ]);
  });
});
