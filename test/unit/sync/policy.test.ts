import { describe, expect, it } from '@jest/globals';
import type { Change } from '../../../sync/changes';
import type { HeldEntity } from '../../../sync/control-plane';
import { brake, overLimit, parseAllowRemovals } from '../../../sync/policy';
import { createsOf, documentOf } from '../../support/konnect';
import { defaultPolicy } from '../../support/passes';

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
  ])('at %d of 10 removals with %s allowed: refused %s', (count, allowRemovals, isRefused) => {
    expect(brake(removals(count), held, { ...defaultPolicy, allowRemovals }) !== undefined).toBe(isRefused);
  });

  it('names the override with the number that is needed', () => {
    expect(brake(removals(7), held, { ...defaultPolicy, allowRemovals: 4 })).toContain('--allow-removals 7 ');
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
    ['what leaves everywhere', [...targets.slice(0, 4), ...ofZone.slice(0, 4)], 'the plan removes 4 of 10 addresses'],
  ])('counts %s', (_, leaving, refused) => {
    expect(brake(deletesOf(leaving), both, defaultPolicy)?.slice(0, refused?.length)).toBe(refused);
  });
});

describe('overLimit', () => {
  it.each([
    ['10,000 targets', 10_000, 'create', undefined],
    ['10,001 targets', 10_001, 'create', 'the plan leads to 10001 targets, and a control plane holds 10000'],
    ['10,001 targets of which none is new', 10_001, 'delete', undefined],
  ] as const)('says of %s: %4$s', (_, count, action, message) => {
    const document = documentOf('sd2', count);
    const [change] = createsOf(documentOf('sd2', 1)).filter((one) => one.kind === 'target');

    const refused = overLimit(change ? [{ ...change, action }] : [], document);

    expect(refused?.slice(0, message?.length)).toBe(message);
  });

  it('says how many targets affinity takes, and to switch it off', () => {
    const document = ['', 'use1-az1.'].flatMap((zone) =>
      documentOf('sd2', 5_001)
        .filter((one) => one.kind === 'target')
        .map((one) => ({ ...one, key: zone + one.key, parent: zone + one.parent })),
    );

    const refused = overLimit(createsOf(documentOf('sd2', 1)), document);

    expect(refused).toContain('10002 targets, 5001 of them for affinity');
    expect(refused).toContain('or set affinity to none');
  });

  it('does not blame affinity where there is none', () => {
    expect(overLimit(createsOf(documentOf('sd2', 1)), documentOf('sd2', 10_001))).not.toContain('affinity');
  });

  it('counts services, too', () => {
    const document = Array.from({ length: 10_001 }, (_, index) => documentOf(`sd${index}`, 0)).flat();

    expect(overLimit(createsOf(documentOf('sd2', 0)), document)).toContain('10001 upstreams');
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
