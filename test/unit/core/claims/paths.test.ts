import { describe, expect, it } from '@jest/globals';
import type { Incumbent } from '#core/claims/incumbents';
import type { PathRights } from '#core/claims/path-owners';
import { settleClaims } from '#core/claims/settle';
import type { Endpoint, QuarantineCode, Quarantined, ScopeState } from '#core/model';
import { endpointOf, hubScope, knownScope, snapshotOf, unknownScope } from '../../../support/builders';

/**
 * sd9's own endpoint, which is the youngest; and the oldest endpoint, of another domain, which
 * claims `/sd9`.
 */
const sd9 = endpointOf({ id: 'vpce-sd9', domain: 'sd9', createdAtMs: 9 });
const thief = endpointOf({ id: 'vpce-thief', domain: 'thief', createdAtMs: 1, paths: ['/sd9'] });
const granted = { ...thief, grantedPaths: ['/sd9'] };

const waiting = { ...sd9, state: 'pendingAcceptance' } as const;
const west = { ...hubScope, id: 'hub.self.us-west-2' };

function holding(...paths: readonly string[]): Incumbent {
  const endpointIds = new Set(['vpce-thief']);
  return { protocol: 'http', route: { paths, stripPath: false }, endpointIds, isUncertain: false };
}

type Held = Readonly<Record<string, Incumbent>>;
type Rights = Partial<Pick<PathRights, 'written' | 'unrouted'>>;

/** `domain paths` of the routed domains, and the ids of the quarantined endpoints. */
function settle(scopes: readonly ScopeState[], held: Held = {}, { written = [], unrouted = new Set() }: Rights = {}) {
  const rights = { written, unrouted };
  const { domains, quarantined } = settleClaims(snapshotOf(...scopes), new Map(Object.entries(held)), rights);
  return {
    domains: domains.map((one) => `${one.name} ${one.paths.join(' ')}`),
    quarantined: quarantined.map((one) => one.endpointId),
    said: quarantined.map((one) => `${one.reason}. ${one.fix}`),
  };
}

function quarantinedSd9(over: Partial<Quarantined> = {}): Quarantined {
  const { id, scopeId, domain } = sd9;
  return { endpointId: id, scopeId, domain, code: 'bad-tag', reason: 'x', fix: 'y', ...over };
}

const onlySd9 = { domains: ['sd9 /sd9'], quarantined: ['vpce-thief'] };
const nobody = { domains: [], quarantined: ['vpce-thief'] };
const onlyThief = { domains: ['thief /sd9'], quarantined: [] };

describe('the path with a domain’s own name', () => {
  it.each([
    ['an older domain claims it', thief],
    ['a domain with a grant of the operator claims it', granted],
  ])('fm-47 belongs to that domain where %s', (_, other) => {
    expect(settle([knownScope([other, sd9])])).toMatchObject(onlySd9);
    expect(settle([knownScope([sd9, other])])).toMatchObject(onlySd9);
  });

  it.each<[string, readonly Endpoint[]]>([
    ['claims another path', [{ ...sd9, paths: ['/pay'] }]],
    ['is pending', [{ ...sd9, state: 'pending' }]],
    ['waits for acceptance', [waiting]],
    ['is in an unknown state', [{ ...sd9, state: 'unlisted' }]],
  ])('fm-47 is kept for the domain while its endpoint %s', (_, own) => {
    expect(settle([knownScope([granted, ...own])]).quarantined).toEqual(['vpce-thief']);
  });

  it.each<[string, readonly ScopeState[]]>([
    ['is pending, and in a scope that cannot be read', [knownScope([granted]), unknownScope([waiting], west)]],
    ['is quarantined', [knownScope([granted], [quarantinedSd9()])]],
    ['is quarantined, with its state', [knownScope([granted], [quarantinedSd9({ state: 'available' })])]],
    ['claims / too', [knownScope([granted], [quarantinedSd9({ code: 'path-not-allowed' })])]],
  ])('fm-47 is kept for the domain while its endpoint %s', (_, scopes) => {
    expect(settle(scopes)).toMatchObject(nobody);
  });

  it('fm-47 is kept for the domain while the control plane holds one of its entities', () => {
    const { route: _, ...routeless } = holding();

    expect(settle([knownScope([granted])], { sd9: routeless })).toMatchObject(nobody);
  });

  it.each<[string, readonly ScopeState[]]>([
    ['no endpoint has', [knownScope([thief])]],
    ['only an endpoint in a terminal state has', [knownScope([thief, { ...sd9, state: 'rejected' }])]],
    [
      'only a quarantined endpoint in a terminal state has',
      [knownScope([thief], [quarantinedSd9({ state: 'deleted' })])],
    ],
    ['another scope knows to be gone', [knownScope([thief, { ...sd9, state: 'deleted' }]), unknownScope([sd9], west)]],
    ...(['domain-not-allowed', 'service-not-allowed', 'vpc-not-allowed', 'other-gateway'] as QuarantineCode[]).map(
      (code): [string, readonly ScopeState[]] => [
        `a stranger has (${code})`,
        [knownScope([thief], [quarantinedSd9({ code })])],
      ],
    ),
  ])('fm-47 is free for a domain that %s', (_, scopes) => {
    expect(settle(scopes)).toMatchObject(onlyThief);
  });

  it('fm-47 stays with the domain whose route has it, and the other domain learns the owner and the fix', () => {
    const { domains, quarantined, said } = settle([knownScope([sd9, thief])], { thief: holding('/sd9') });

    expect({ domains, quarantined }).toEqual({ domains: ['thief /sd9'], quarantined: ['vpce-sd9'] });
    expect(said).toEqual([
      'claims path /sd9, but /sd9 belongs to domain thief, whose route had it first. ' +
        'choose another kong:path, or take /sd9 off the kong:path of thief, or, if domain thief is no longer needed, retire it',
    ]);
  });

  it('fm-47 returns to its domain in the pass in which the present owner leaves it', () => {
    const moved = { ...thief, paths: ['/elsewhere'] };
    const other = endpointOf({ id: 'vpce-other', domain: 'other', createdAtMs: 2, paths: ['/sd9'] });

    expect(settle([knownScope([other, moved, sd9])], { thief: holding('/sd9') })).toMatchObject({
      domains: ['sd9 /sd9', 'thief /elsewhere'],
      quarantined: ['vpce-other'],
    });
  });

  it('fm-47 is refused to others with the name of its domain', () => {
    expect(settle([knownScope([thief, waiting])]).said).toEqual([
      'claims path /sd9, but /sd9 is kept for domain sd9. choose another kong:path, or remove it: the path is then /thief',
    ]);
  });

  it('fm-47 is kept with all paths below it, and a grant by name opens a path below', () => {
    const below = { ...thief, paths: ['/sd9/admin'] };
    const own = { ...sd9, paths: ['/pay'] };

    expect(settle([knownScope([below, own])])).toMatchObject({ domains: ['sd9 /pay'] });
    expect(settle([knownScope([{ ...below, grantedPaths: ['/sd9/admin'] }, own])])).toMatchObject({
      domains: ['sd9 /pay', 'thief /sd9/admin'],
    });
  });
});

describe('a path in use', () => {
  const pending = { ...thief, paths: ['/new'], state: 'pending' } as const;

  it("fm-47 stays with its route's domain, even while that domain has other tags and no usable endpoint", () => {
    const newcomer = endpointOf({ id: 'vpce-new', domain: 'new-one', createdAtMs: 2, paths: ['/shop'] });

    expect(settle([knownScope([pending, newcomer])], { thief: holding('/shop') }).quarantined).toEqual(['vpce-new']);
  });

  it('fm-47 passes, when it becomes free, to the granted domain before an older domain', () => {
    const moving = { ...thief, paths: ['/elsewhere'], createdAtMs: 1 };
    const older = endpointOf({ id: 'vpce-old', domain: 'older', createdAtMs: 2, paths: ['/shop'] });
    const named = endpointOf({
      id: 'vpce-named',
      domain: 'named',
      createdAtMs: 3,
      paths: ['/shop'],
      grantedPaths: ['/shop'],
    });

    expect(settle([knownScope([older, named, moving])], { thief: holding('/shop') })).toMatchObject({
      domains: ['named /shop', 'thief /elsewhere'],
      quarantined: ['vpce-old'],
    });
  });

  it.each([['a', 'b'] as const, ['b', 'a'] as const])(
    'fm-47 has one owner where two routes have it, whatever the order: %s %s',
    (...order) => {
      const held = Object.fromEntries(order.map((domain) => [domain, holding('/shop')]));
      const claim = (domain: string) => endpointOf({ id: `vpce-${domain}`, domain, paths: ['/shop'] });

      expect(settle([knownScope([claim('a'), claim('b')])], held)).toMatchObject({ domains: ['a /shop'] });
    },
  );

  it('fm-47 belongs to the domain with its name where two routes have it', () => {
    const own = { ...sd9, createdAtMs: 99 };

    expect(
      settle([knownScope([own, { ...thief, domain: 'a' }])], {
        a: holding('/sd9'),
        sd9: { ...holding('/sd9'), route: { paths: ['/sd9'], stripPath: true } },
      }),
    ).toMatchObject({ domains: ['sd9 /sd9'] });
  });
});

describe('a path that people wrote', () => {
  const written = [{ path: '/legacy', route: 'route edge', service: 'edge' }];
  const legacy = { ...thief, paths: ['/legacy'] };

  it.each([
    ['by its domain’s name', { ...sd9, domain: 'legacy' }],
    ['by kong:path', legacy],
    ['with a grant', { ...legacy, grantedPaths: ['/legacy'] }],
    ['in part', { ...thief, paths: ['/legacy/admin'] }],
  ])('fm-47 is not taken %s', (_, newcomer) => {
    const { domains, said } = settle([knownScope([newcomer])], {}, { written });

    expect(domains).toEqual([]);
    expect(said[0]).toContain('but /legacy is written in route edge of deck.base. choose another kong:path, or ');
  });

  it('fm-47 is granted in part by name', () => {
    const part = { ...thief, paths: ['/legacy/admin'], grantedPaths: ['/legacy/admin'] };

    expect(settle([knownScope([part])], {}, { written }).quarantined).toEqual([]);
  });

  it.each([
    ['leads to its service', [{ ...legacy, domain: 'edge' }], {}, {}],
    ['was in use before', [legacy], { thief: holding('/legacy') }, {}],
    ['leaves the route to people (route: false)', [legacy], {}, { unrouted: new Set(['thief']) }],
  ])('fm-47 is no conflict for a domain that %s', (_, endpoints, held, rights) => {
    expect(settle([knownScope(endpoints)], held, { written, ...rights }).quarantined).toEqual([]);
  });
});
