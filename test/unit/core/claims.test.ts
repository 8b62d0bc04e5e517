import { describe, expect, it } from '@jest/globals';
import { settleClaims } from '../../../core/claims';
import type { Endpoint } from '../../../core/model';
import { endpointOf, knownScope, snapshotOf, unknownScope } from '../../support/builders';

function claim(...endpoints: readonly Endpoint[]) {
  return settleClaims(snapshotOf(knownScope(endpoints)));
}

describe('settleClaims', () => {
  it('routes the default path, stripped, when no path is claimed', () => {
    const { domains } = claim(endpointOf());

    expect(domains).toMatchObject([{ name: 'sd2', paths: ['/sd2'], stripPath: true }]);
  });

  it('keeps claimed paths unstripped and sorted', () => {
    const { domains } = claim(endpointOf({ paths: ['/todo', '/dogs'] }));

    expect(domains).toMatchObject([{ paths: ['/dogs', '/todo'], stripPath: false }]);
  });

  it.each([
    'pending',
    'pendingAcceptance',
    'partial',
    'unlisted',
    'rejected',
    'failed',
    'expired',
    'deleting',
    'deleted',
  ] as const)('routes nothing to an endpoint that is %s', (state) => {
    expect(claim(endpointOf({ state })).domains).toEqual([]);
  });

  it('lets the oldest win when two endpoints of a domain disagree, and names both in the reason', () => {
    const old = endpointOf({ id: 'vpce-old', createdAtMs: 1 });
    const young = endpointOf({ id: 'vpce-young', createdAtMs: 2, protocol: 'https', host: 'api.sd2' });

    const { domains, quarantined } = claim(young, old);

    expect(domains[0]?.protocol).toBe('http');
    expect(quarantined).toMatchObject([{ endpointId: 'vpce-young', code: 'disagreement' }]);
    expect(quarantined[0]?.reason).toContain('vpce-old');
  });

  it('lets an endpoint being modified keep its say in the domain', () => {
    const old = endpointOf({ id: 'vpce-old', createdAtMs: 1, state: 'pending' });
    const young = endpointOf({ id: 'vpce-young', createdAtMs: 2, protocol: 'https', host: 'x' });

    expect(claim(old, young)).toMatchObject({ domains: [], quarantined: [{ endpointId: 'vpce-young' }] });
  });

  it('gives a waiting endpoint no say before it is accepted', () => {
    const waiting = endpointOf({
      id: 'vpce-wait',
      createdAtMs: 1,
      state: 'pendingAcceptance',
      protocol: 'https',
      host: 'x',
    });

    expect(claim(waiting, endpointOf({ createdAtMs: 2 }))).toMatchObject({
      domains: [{ protocol: 'http' }],
      quarantined: [],
    });
  });

  it.each([
    ['the default path of another domain, although older', '/sd2', 1],
    ['a path below that of another domain', '/sd2/admin', 1],
    ['a path that an older endpoint claims', '/legacy', 9],
  ])('refuses %s', (_, path, createdAtMs) => {
    const owner = endpointOf({ id: 'vpce-owner', createdAtMs: 5, paths: path === '/legacy' ? ['/legacy'] : [] });
    const thief = endpointOf({ id: 'vpce-thief', domain: 'sd3', createdAtMs, paths: [path] });

    const { domains, quarantined } = claim(owner, thief);

    expect(domains.map((domain) => domain.name)).toEqual(['sd2']);
    expect(quarantined).toMatchObject([{ endpointId: 'vpce-thief', code: 'path-conflict' }]);
  });

  it('grants a path below another domain when the source allows it by name', () => {
    const granted = endpointOf({ id: 'vpce-3', domain: 'sd3', paths: ['/sd2/admin'], grantedPaths: ['/sd2/admin'] });

    expect(claim(endpointOf(), granted).domains.map((domain) => domain.name)).toEqual(['sd2', 'sd3']);
  });

  it('lets `/` granted to one domain leave all other paths alone', () => {
    const root = endpointOf({ id: 'vpce-root', domain: 'web', createdAtMs: 1, paths: ['/'], grantedPaths: ['/'] });

    expect(claim(root, endpointOf()).quarantined).toEqual([]);
  });

  it('fm-18 keeps one target per address, with the largest weight, when two endpoints have it', () => {
    const { domains } = claim(endpointOf({ weight: 10 }), endpointOf({ id: 'vpce-2', createdAtMs: 2_000, weight: 50 }));

    expect(domains[0]?.targets).toHaveLength(2);
    expect(domains[0]?.targets).toMatchObject([
      { endpointId: 'vpce-1', weight: 50 },
      { endpointId: 'vpce-1', weight: 50 },
    ]);
  });

  it('uses what an unknown scope held last', () => {
    expect(settleClaims(snapshotOf(unknownScope([endpointOf()]))).domains).toHaveLength(1);
  });
});
