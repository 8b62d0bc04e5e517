import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Adopted, Endpoint, JsonObject } from '#core/model';
import { adoptedTags } from '#deck/adopted';
import type { Affinity } from '#deck/affinity';
import type { HeldEntity, Kind } from '#deck/document';
import { selectTags } from '#deck/tags';
import { awayStates, endpointOf, scopeIdOf, twoScopes } from '../../support/builders';
import { createPasses, defaultPolicy } from '../../support/passes';

const endpoint: fc.Arbitrary<Endpoint> = fc
  .record({
    number: fc.integer({ min: 1, max: 5 }),
    domain: fc.constantFrom('sd1', 'sd1', 'sd2'),
    state: fc.constantFrom('available', 'available', 'available', 'pending', 'deleted', 'rejected'),
    protocol: fc.constantFrom('http', 'http', 'http', 'https'),
    host: fc.constantFrom(undefined, undefined, 'old.example', 'new.example'),
    paths: fc.constantFrom([], [], ['/pay'], ['/sd1']),
  })
  .map(({ number, ...rest }) =>
    endpointOf({
      ...rest,
      grantedPaths: rest.paths,
      id: `vpce-${number}`,
      createdAtMs: number,
      scopeId: scopeIdOf(number),
      addresses: [{ ip: `10.0.1.${number}`, region: 'us-east-1', zoneId: `use1-az${number % 3}` }],
    }),
  );

const round = fc.record({
  endpoints: fc.uniqueArray(endpoint, { selector: ({ id }) => id, maxLength: 5 }),
  away: fc.constantFrom(...awayStates),
  affinity: fc.constantFrom<Affinity>('none', 'weighted'),
  mode: fc.constantFrom('sync' as const, 'upsert-only' as const),
  via: fc.constantFrom('addresses' as const, 'addresses' as const, 'resolver' as const),
  plugins: fc.constantFrom(undefined, [], [{ name: 'rate-limiting', config: { minute: 5 } }]),
  /** What people change by hand before the pass: a field of what is theirs. */
  edit: fc.constantFrom(undefined, 'retries', 'paths', 'tags'),
});
type Round = typeof round extends fc.Arbitrary<infer R> ? R : never;

const theirs: Readonly<Record<string, readonly [Kind, string, JsonObject]>> = {
  service: [
    'service',
    'payments-api',
    { name: 'payments-api', protocol: 'http', host: 'vpce.example', retries: 5, path: '/v1' },
  ],
  upstream: [
    'upstream',
    'payments-up',
    { name: 'payments-up', algorithm: 'consistent-hashing', hash_on: 'header', hash_on_header: 'x' },
  ],
  first: ['route', 'pay', { name: 'pay', paths: ['/pay'], strip_path: false }],
  second: ['route', 'buy', { name: 'buy', paths: ['~/buy/[0-9]+$'], methods: ['POST'] }],
};

function openAdopted(hasUpstream: boolean) {
  const adopted: Adopted = {
    service: 'payments-api',
    ...(hasUpstream && { upstream: 'payments-up' }),
    routes: ['pay', 'buy'],
  };
  const passes = createPasses();
  const names: string[] = [];
  for (const [, [kind, key, fields]] of Object.entries(theirs)) {
    if (kind === 'upstream' && !hasUpstream) continue;
    const name = `${kind}:${key}`;
    names.push(name);
    const tags = [...adoptedTags('sd1', selectTags('test')), 'team:payments'].sort();
    const parent = kind === 'route' ? 'payments-api' : undefined;
    passes.plane.entities.set(name, { kind, key, domain: 'sd1', parent, fields, tags, id: `id of ${name}` });
  }
  const held = () => names.map((name) => passes.plane.entities.get(name));
  return { ...passes, adopted, names, held };
}

/** What people see of their own entity: all but what the product answers for. */
function theirPart(entity: HeldEntity | undefined) {
  if (!entity) return undefined;
  const { fields, tags, kind, key, id, parent } = entity;
  const { host: _, host_header: __, algorithm: ___, ...others } = fields;
  const ours = ['account:', 'pinned:'];
  // A control plane fills in defaults of its own when it is written.
  const said = Object.keys(theirs).flatMap((name) =>
    theirs[name]?.[1] === key ? Object.keys(theirs[name]?.[2] ?? {}) : [],
  );
  const kept = Object.fromEntries(Object.entries(others).filter(([field]) => said.includes(field)));
  return {
    kind,
    key,
    id,
    parent,
    fields: kept,
    tags: tags.filter((tag) => !ours.some((one) => tag.startsWith(one))).sort(),
  };
}

function editByHand(passes: ReturnType<typeof openAdopted>, edit: Round['edit'], number: number): void {
  if (edit === undefined) return;
  const name = edit === 'paths' ? 'route:pay' : 'service:payments-api';
  const held = passes.plane.entities.get(name);
  if (!held) return;
  const next =
    edit === 'tags'
      ? { ...held, tags: [...held.tags, `edited-${number}`] }
      : { ...held, fields: { ...held.fields, [edit]: edit === 'paths' ? [`/pay-${number}`] : number } };
  passes.plane.entities.set(name, next);
}

describe('an adopted service', () => {
  it.each([
    ['with its own upstream', true],
    ['on a host name', false],
  ])('keeps its id and everything that people wrote and edited, in every history (%s)', async (_, hasUpstream) => {
    let updates = 0;
    let edits = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(round, { minLength: 1, maxLength: 6 }), async (rounds) => {
        const passes = openAdopted(hasUpstream);
        for (const [number, one] of rounds.entries()) {
          const { affinity, mode, via, plugins, edit } = one;
          editByHand(passes, edit, number);
          edits += edit === undefined ? 0 : 1;
          const before = passes.held().map(theirPart);
          Object.assign(passes.deps, {
            affinity,
            policy: { ...defaultPolicy, mode },
            settings: { sd1: { adopted: passes.adopted, via, plugins } },
            via: { via: 'addresses', suffix: 'privatelink.internal' },
          });
          const report = await passes.pass(...twoScopes(one.endpoints, one.away));
          updates += report.changes.filter(({ kind, domain }) => kind === 'service' && domain === 'sd1').length;

          expect(passes.held().map(theirPart)).toEqual(before);
          // Whatever stands below their upstream and service is known to be of the domain.
          for (const entity of passes.plane.entities.values())
            if (entity.parent === 'payments-up' || entity.parent === 'payments-api') expect(entity.domain).toBe('sd1');
          // A plugin without its service would apply to all requests. A generated route would match
          // some of people's requests.
          const all = [...passes.plane.entities.values()];
          expect(all.filter(({ kind, parent }) => kind === 'plugin' && parent === undefined)).toEqual([]);
          expect(all.filter(({ kind, key }) => kind === 'route' && key === 'sd1')).toEqual([]);
        }
      }),
      { numRuns: 120 },
    );
    expect(edits).toBeGreaterThan(40);
    expect(updates).toBeGreaterThan(20);
  });

  it('needs no change after two passes over the same endpoints', async () => {
    await fc.assert(
      fc.asyncProperty(round, fc.boolean(), async (one, hasUpstream) => {
        const passes = openAdopted(hasUpstream);
        Object.assign(passes.deps, {
          settings: { sd1: { adopted: passes.adopted, via: one.via, plugins: one.plugins } },
          via: { via: 'addresses', suffix: 'privatelink.internal' },
        });
        await passes.pass(...twoScopes(one.endpoints, one.away));
        await passes.pass(...twoScopes(one.endpoints, one.away));
        const { changes } = await passes.pass(...twoScopes(one.endpoints, one.away));

        expect(changes).toEqual([]);
      }),
      { numRuns: 100 },
    );
  });
});
