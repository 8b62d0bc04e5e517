import { describe, expect, it } from '@jest/globals';
import type { HeldEntity } from '#deck/document';
import type { Change } from '#sync/plan/changes';
import { brake } from '#sync/plan/removals/brake';
import { overLimit, parseAllowRemovals } from '#sync/plan/removals/policy';
import { createsOf, documentOf } from '../../../../support/control-planes/konnect';
import { defaultPolicy } from '../../../../support/passes';

const held = createsOf(documentOf('sd2', 10)).flatMap(({ id, after }) => (after ? [{ ...after, id }] : []));
const targets = held.filter((one) => one.kind === 'target');

function removals(count: number): readonly Change[] {
  return targets.slice(0, count).map((one) => ({ ...one, action: 'delete', reason: 'test' }));
}

describe('brake', () => {
  it.each([
    [3, undefined, false],
    [4, undefined, true],
    [4, 3, true],
    [4, 4, false],
    [10, 4, true],
    [10, 10, false],
  ])('at %d of 10 removals with %s allowed: withheld %s', (count, allowRemovals, isWithheld) => {
    const { changes, withheld } = brake(removals(count), held, { ...defaultPolicy, allowRemovals });

    expect(withheld !== undefined).toBe(isWithheld);
    expect(changes).toHaveLength(isWithheld ? 0 : count);
    expect(withheld?.changes.length ?? 0).toBe(isWithheld ? count : 0);
  });

  it('names the override with the needed number', () => {
    expect(brake(removals(7), held, { ...defaultPolicy, allowRemovals: 4 }).withheld?.reason).toContain(
      '--allow-removals 7 ',
    );
  });

  it('fm-43 passes a change that removes no address', () => {
    const [created, updated] = createsOf(documentOf('sd3', 2));
    const others: readonly Change[] = [created, updated && { ...updated, action: 'update' as const }].flatMap(
      (one) => one ?? [],
    );

    expect(brake([...others, ...removals(4)], held, defaultPolicy).changes).toEqual(others);
  });

  it('fm-43 counts a target that gets no more requests as a removal', () => {
    const drained = targets.slice(0, 4).map(
      (one): Change => ({
        ...one,
        action: 'update',
        reason: '',
        before: one,
        after: { ...one, fields: { weight: 0 } },
      }),
    );

    expect(brake(drained, held, defaultPolicy)).toMatchObject({ changes: [], withheld: { changes: drained } });
  });

  it('fm-35 counts an address of several domains for each of them', () => {
    const shared = Array.from({ length: 40 }, (_, index) => ({
      ...(targets[0] as HeldEntity),
      key: `sd${index}.privatelink|10.0.0.1:80`,
      parent: `sd${index}.privatelink`,
      domain: `sd${index}`,
    }));
    const leaving = shared.slice(1).map((one): Change => ({ ...one, action: 'delete', reason: '' }));

    expect(brake(leaving, shared, defaultPolicy).withheld?.reason).toContain('39 of 40 addresses');
  });
});

describe('brake with affinity', () => {
  const ofZone = targets.map((one) => ({ ...one, key: `use1-az1.${one.key}`, parent: `use1-az1.${one.parent}` }));
  const both = [...targets, ...ofZone];
  const deletesOf = (leaving: readonly HeldEntity[]): readonly Change[] =>
    leaving.map((one) => ({ ...one, action: 'delete', reason: 'test' }));

  it.each([
    ['an address in several upstreams once', [...targets.slice(0, 3), ...ofZone.slice(0, 3)], undefined],
    ['no address that stays in the upstream of its domain', ofZone, undefined],
    [
      'an address that leaves everywhere',
      [...targets.slice(0, 4), ...ofZone.slice(0, 4)],
      'the plan removes 4 of 10 addresses',
    ],
  ])('counts %s', (_, leaving, withheld) => {
    const { reason } = brake(deletesOf(leaving), both, defaultPolicy).withheld ?? {};

    expect(reason?.slice(0, withheld?.length)).toBe(withheld);
  });
});

describe('overLimit', () => {
  it.each([
    ['10,000 targets', 10_000, 'create', undefined],
    ['10,001 targets', 10_001, 'create', 'the plan leads to 10001 targets, but a control plane holds at most 10000'],
    ['10,001 targets without a new one', 10_001, 'delete', undefined],
  ] as const)('returns for %s: %4$s', (_, count, action, message) => {
    const document = documentOf('sd2', count);
    const [change] = createsOf(documentOf('sd2', 1)).filter((one) => one.kind === 'target');

    const refused = overLimit(change ? [{ ...change, action }] : [], document, 10_000);

    expect(refused?.reason).toBe(message);
  });

  it('names the targets that affinity needs, and the way to switch affinity off', () => {
    const document = ['', 'use1-az1.'].flatMap((zone) =>
      documentOf('sd2', 5_001)
        .filter((one) => one.kind === 'target')
        .map((one) => ({ ...one, key: zone + one.key, parent: zone + one.parent })),
    );

    const refused = overLimit(createsOf(documentOf('sd2', 1)), document, 10_000);

    expect(refused).toEqual({
      reason: expect.stringContaining('10002 targets, 5001 of them for affinity'),
      fix: expect.stringContaining('or set affinity to none'),
    });
  });

  it('does not mention affinity where there is none', () => {
    const refused = overLimit(createsOf(documentOf('sd2', 1)), documentOf('sd2', 10_001), 10_000);

    expect(JSON.stringify(refused)).not.toContain('affinity');
  });

  it('refuses nothing where the control plane sets no limit', () => {
    expect(overLimit(createsOf(documentOf('sd2', 1)), documentOf('sd2', 10_001), undefined)).toBeUndefined();
  });

  it('counts services too', () => {
    const document = Array.from({ length: 10_001 }, (_, index) => documentOf(`sd${index}`, 0)).flat();

    expect(overLimit(createsOf(documentOf('sd2', 0)), document, 10_000)?.reason).toContain('10001 upstreams');
  });
});

describe('parseAllowRemovals', () => {
  it.each([
    [undefined, undefined],
    ['1', 1],
    ['10000', 10_000],
  ])('takes %s for %s', (text, count) => {
    expect(parseAllowRemovals(text)).toBe(count);
  });

  it.each(['', '0', '-1', '1.5', 'all', '1e3', ' 1'])('throws CONFIG_INVALID at "%s"', (text) => {
    expect(() => parseAllowRemovals(text)).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
  });
});
