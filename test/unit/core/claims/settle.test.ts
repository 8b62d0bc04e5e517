import { describe, expect, it } from '@jest/globals';
import type { Incumbent } from '#core/claims/incumbents';
import { settleClaims } from '#core/claims/settle';
import type { Endpoint } from '#core/model';
import { endpointOf, hubScope, knownScope, snapshotOf, unknownScope } from '../../../support/builders';

function claim(...endpoints: readonly Endpoint[]) {
  return settleClaims(snapshotOf(knownScope(endpoints)));
}

/** sd2 in use: http, `/sd2` stripped, with these endpoints. */
function inUse(over: Partial<Incumbent> = {}): Incumbent {
  const route = { paths: ['/sd2'], stripPath: true };
  return {
    protocol: 'http',
    host: 'sd2.privatelink',
    route,
    endpointIds: new Set(['vpce-old']),
    isUncertain: false,
    ...over,
  };
}

function claimAgainst(incumbents: Readonly<Record<string, Incumbent>>, ...endpoints: readonly Endpoint[]) {
  const { domains, quarantined } = settleClaims(snapshotOf(knownScope(endpoints)), new Map(Object.entries(incumbents)));
  return {
    domains: domains.map((domain) => `${domain.name} ${domain.protocol} ${domain.paths}`),
    quarantined: quarantined.map((one) => one.endpointId),
  };
}

describe('settleClaims', () => {
  it('routes the default path, stripped, when an endpoint claims no path', () => {
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
  ] as const)('does not route to an endpoint that is %s', (state) => {
    expect(claim(endpointOf({ state })).domains).toEqual([]);
  });

  it('lets the oldest endpoint win at a disagreement in a domain, and names both in the reason', () => {
    const old = endpointOf({ id: 'vpce-old', createdAtMs: 1 });
    const young = endpointOf({ id: 'vpce-young', createdAtMs: 2, protocol: 'https', host: 'api.sd2' });

    const { domains, quarantined } = claim(young, old);

    expect(domains[0]?.protocol).toBe('http');
    expect(quarantined).toMatchObject([{ endpointId: 'vpce-young', code: 'disagreement' }]);
    expect(quarantined[0]?.reason).toContain('vpce-old');
  });

  it('lets an endpoint that is being modified keep its influence on the domain', () => {
    const old = endpointOf({ id: 'vpce-old', createdAtMs: 1, state: 'pending' });
    const young = endpointOf({ id: 'vpce-young', createdAtMs: 2, protocol: 'https', host: 'x' });

    expect(claimAgainst({ sd2: inUse() }, old, young)).toEqual({ domains: [], quarantined: ['vpce-young'] });
  });

  it('ignores the tags of a waiting endpoint before it is accepted', () => {
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

  it('grants a path below another domain when the source allows the path by name', () => {
    const granted = endpointOf({ id: 'vpce-3', domain: 'sd3', paths: ['/sd2/admin'], grantedPaths: ['/sd2/admin'] });

    expect(claim(endpointOf(), granted).domains.map((domain) => domain.name)).toEqual(['sd2', 'sd3']);
  });

  it('affects no other path when one domain is granted `/`', () => {
    const root = endpointOf({ id: 'vpce-root', domain: 'web', createdAtMs: 1, paths: ['/'], grantedPaths: ['/'] });

    expect(claim(root, endpointOf()).quarantined).toEqual([]);
  });

  it.each([
    ['as they come', [0, 1, 2]],
    ['the other way round', [2, 1, 0]],
    ['with the oldest in the middle', [1, 0, 2]],
  ])('fm-18 keeps one target per address, of the oldest endpoint with the largest weight: %s', (_, order) => {
    const sharing = [endpointOf({ weight: 10 }), endpointOf({ id: 'vpce-2', createdAtMs: 2_000, weight: 50 })];
    const youngest = endpointOf({ id: 'vpce-3', createdAtMs: 2_000, weight: 20 });

    const { domains } = claim(...order.flatMap((index) => [...sharing, youngest][index] ?? []));

    expect(domains[0]?.targets).toMatchObject([
      { ip: '10.0.1.11', endpointId: 'vpce-1', weight: 50 },
      { ip: '10.0.2.11', endpointId: 'vpce-1', weight: 50 },
    ]);
  });

  it('uses the last good of an unknown scope', () => {
    expect(settleClaims(snapshotOf(unknownScope([endpointOf()]))).domains).toHaveLength(1);
  });

  describe('with a domain in use', () => {
    const rogue = endpointOf({ id: 'vpce-rogue', createdAtMs: 2, protocol: 'https', host: 'rogue.example' });
    const fresh = endpointOf({ id: 'vpce-fresh', createdAtMs: 3 });
    const old = endpointOf({ id: 'vpce-old', createdAtMs: 1 });

    it('keeps the settings when the endpoint is recreated and an older endpoint has others', () => {
      const gone = { ...old, state: 'deleting' as const };

      expect(claimAgainst({ sd2: inUse() }, gone, rogue, fresh)).toEqual({
        domains: ['sd2 http /sd2'],
        quarantined: ['vpce-rogue'],
      });
    });

    it('follows the endpoint in use when its own tags change', () => {
      const changed = { ...old, protocol: 'grpc' as const };

      expect(claimAgainst({ sd2: inUse() }, changed, rogue)).toEqual({
        domains: ['sd2 grpc /sd2'],
        quarantined: ['vpce-rogue'],
      });
    });

    it('prefers the endpoint in use to an older one, even if only an unrouted path differs', () => {
      const older = { ...old, id: 'vpce-older', createdAtMs: 0, paths: ['/sd2/v1'] };

      expect(claimAgainst({ sd2: inUse({ route: undefined }) }, older, old)).toEqual({
        domains: ['sd2 http /sd2'],
        quarantined: ['vpce-older'],
      });
    });

    it.each([
      ['is not seen', inUse()],
      ['belongs to an unknown scope', inUse({ endpointIds: new Set(['vpce-rogue']), isUncertain: true })],
    ])('refuses other settings while the endpoint in use %s', (_, incumbent) => {
      expect(claimAgainst({ sd2: incumbent }, rogue)).toEqual({ domains: [], quarantined: ['vpce-rogue'] });
    });

    it('lets the oldest endpoint decide when no endpoint is in use any more', () => {
      expect(claimAgainst({ sd2: inUse({ endpointIds: new Set() }) }, rogue).domains).toEqual(['sd2 https /sd2']);
    });

    it.each([
      ['the path itself, although the claimant is older than the recreated owner', '/shop'],
      ['a path below it', '/shop/pay'],
    ])('keeps a path for the domain whose route has it: %s', (_, path) => {
      const orders = inUse({ host: 'orders.privatelink', route: { paths: ['/shop'], stripPath: false } });
      const rival = endpointOf({ id: 'vpce-rival', domain: 'rival', createdAtMs: 2, paths: [path] });
      const owner = endpointOf({ id: 'vpce-owner', domain: 'orders', createdAtMs: 3, paths: ['/shop'] });

      expect(claimAgainst({ orders }, rival, owner)).toEqual({
        domains: ['orders http /shop'],
        quarantined: ['vpce-rival'],
      });
      expect(claimAgainst({ orders }, rival)).toEqual({ domains: [], quarantined: ['vpce-rival'] });
    });

    it("refuses a path in use to a newcomer with the path's name", () => {
      const todo = inUse({
        host: 'todo.privatelink',
        route: { paths: ['/api'], stripPath: false },
        endpointIds: new Set(['vpce-todo']),
      });
      const serving = endpointOf({ id: 'vpce-todo', domain: 'todo', createdAtMs: 1, paths: ['/api'] });
      const newcomer = endpointOf({ id: 'vpce-api', domain: 'api', createdAtMs: 2 });

      expect(claimAgainst({ todo }, serving, newcomer)).toEqual({
        domains: ['todo http /api'],
        quarantined: ['vpce-api'],
      });
    });

    it('frees a path in the pass in which its domain takes another path', () => {
      const orders = inUse({
        host: 'orders.privatelink',
        route: { paths: ['/shop'], stripPath: false },
        endpointIds: new Set(['vpce-owner']),
      });
      const rival = endpointOf({ id: 'vpce-rival', domain: 'rival', createdAtMs: 1, paths: ['/shop'] });
      const owner = endpointOf({ id: 'vpce-owner', domain: 'orders', createdAtMs: 2, paths: ['/store'] });

      expect(claimAgainst({ orders }, rival, owner)).toEqual({
        domains: ['orders http /store', 'rival http /shop'],
        quarantined: [],
      });
    });
  });

  it('gives no path to a refused endpoint', () => {
    const owner = endpointOf({ id: 'vpce-1', createdAtMs: 1 });
    const refused = endpointOf({ id: 'vpce-2', domain: 'sd3', createdAtMs: 2, paths: ['/sd2', '/free'] });
    const third = endpointOf({ id: 'vpce-3', domain: 'sd4', createdAtMs: 3, paths: ['/free'] });

    expect(claimAgainst({}, owner, refused, third)).toEqual({
      domains: ['sd2 http /sd2', 'sd4 http /free'],
      quarantined: ['vpce-2'],
    });
  });

  it('treats an endpoint as gone when one known scope says so, whatever other scopes remember', () => {
    const west = { ...hubScope, id: 'hub.self.us-west-2' };
    const snapshot = snapshotOf(knownScope([endpointOf({ state: 'rejected' })]), unknownScope([endpointOf()], west));

    expect(settleClaims(snapshot).domains).toEqual([]);
  });
});
