import { describe, expect, it } from '@jest/globals';
import type { Endpoint } from '#core/model';
import type { HeldEntity } from '#deck/document';
import { endpointOf, knownScope } from '../../../support/builders';
import { createPasses } from '../../../support/passes';

const resolver = { via: 'resolver', suffix: 'privatelink.internal' } as const;
const addresses = { ...resolver, via: 'addresses' } as const;
const name = '_http._tcp.sd2.privatelink.internal:80';
const own = ['10.0.1.11:80', '10.0.2.11:80'];
const endpoint = endpointOf();

/** A target that a person added to our upstream by hand, without our tags. */
function strangerAt(target: string): HeldEntity {
  return {
    kind: 'target',
    key: `sd2.privatelink|${target}`,
    domain: 'sd2',
    parent: 'sd2.privatelink',
    id: 'theirs',
    fields: { target, weight: 7 },
    tags: [],
  };
}

function openPasses() {
  const passes = createPasses({ via: addresses });
  const { plane, deps } = passes;
  const passScope = (via: typeof deps.via, ...said: Parameters<typeof knownScope>) => {
    Object.assign(deps, { via });
    return passes.pass(knownScope(...said));
  };
  const pass = (via: typeof deps.via, ...endpoints: readonly Endpoint[]) => passScope(via, endpoints);
  const put = (one: HeldEntity) => plane.entities.set(`target:${one.key}`, one);
  const targetsOf = (domain: string) =>
    [...plane.entities.values()]
      .flatMap(({ kind, parent, fields }) =>
        kind === 'target' && parent === `${domain}.privatelink` ? [String(fields.target)] : [],
      )
      .sort();
  return { plane, pass, passScope, put, targetsOf };
}

describe('a switch of via', () => {
  it('keeps the addresses if a foreign target has the name', async () => {
    const { plane, pass, put, targetsOf } = openPasses();
    await pass(addresses, endpoint);
    put(strangerAt(name));

    const { applied = [] } = await pass(resolver, endpoint);

    expect(targetsOf('sd2')).toEqual([...own, name].sort());
    expect(plane.entities.get(`target:sd2.privatelink|${name}`)).toEqual(strangerAt(name));
    expect(applied.filter(({ outcome }) => outcome !== 'applied').map(({ change }) => change.action)).toContain(
      'create',
    );
  });

  it('does not change foreign targets of the upstream, in both directions', async () => {
    const { pass, put, targetsOf } = openPasses();
    await pass(addresses, endpoint);
    put(strangerAt('10.9.9.9:80'));

    await pass(resolver, endpoint);
    const named = targetsOf('sd2');
    await pass(addresses, endpoint);

    expect([named, targetsOf('sd2')]).toEqual([['10.9.9.9:80', name], [...own, '10.9.9.9:80'].sort()]);
  });

  it('keeps the old domain as it is held if its last endpoint changes the domain in one pass', async () => {
    const { pass, targetsOf } = openPasses();
    await pass(addresses, endpoint);

    await pass(resolver, { ...endpoint, domain: 'sd3', paths: ['/sd3'] });

    expect([targetsOf('sd2'), targetsOf('sd3')]).toEqual([own, ['_http._tcp.sd3.privatelink.internal:80']]);
  });

  it.each([
    ['resolver', addresses, resolver],
    ['addresses', resolver, addresses],
  ] as const)('to %s waits while a held endpoint is quarantined, and if it is the last one', async (_, from, to) => {
    const { pass, passScope, targetsOf } = openPasses();
    const other = endpointOf({ id: 'vpce-2', addresses: [{ ip: '10.0.3.1', region: 'us-east-1' }] });
    await pass(from, endpoint, other);
    const before = targetsOf('sd2');
    const bad = {
      endpointId: endpoint.id,
      scopeId: endpoint.scopeId,
      domain: 'sd2',
      code: 'bad-tag' as const,
      reason: 'is odd',
      fix: 'mend it',
    };

    await passScope(to, [other], [bad]);
    const besideOther = targetsOf('sd2');
    await passScope(to, [], [bad, { ...bad, endpointId: other.id }]);

    expect([besideOther, targetsOf('sd2')]).toEqual([before, before]);
  });
});
