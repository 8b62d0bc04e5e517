import { describe, expect, it } from '@jest/globals';
import { readRoute, writeRoute } from '#data-plane/discovery/route-text';
import { type DomainRoute, resolveRoutes } from '#data-plane/reach/resolve';
import { endpointOf, knownScope, snapshotOf } from '../../../support/builders';

const [ownZone, region] = ['use1-az1', 'us-east-1'];

function routeOf(...ids: readonly string[]): DomainRoute {
  const endpoints = ids.map((id, index) =>
    endpointOf({
      id,
      addresses: [
        { ip: `10.0.0.${index + 1}`, region, zoneId: ownZone },
        { ip: `10.0.1.${index + 1}`, region, zoneId: 'use1-az2' },
        { ip: `fd00::${index + 1}`, region: 'us-west-2' },
      ],
    }),
  );
  const route = resolveRoutes(snapshotOf(knownScope(endpoints)), ownZone).get('sd2');
  if (!route) throw new Error('there is no such route');
  return route;
}

describe('the text of a route', () => {
  it('is read back as it was written, even if targets lack fields', () => {
    const route = routeOf('vpce-0000000000000000a', 'vpce-0000000000000000b');
    const [relayed, ...others] = route.choices;
    if (!relayed) throw new Error('the route has no target');
    const written = {
      ...route,
      choices: [{ ...relayed, ageKey: 'relay.snapshot.none hub.self.us-east-1' }, ...others],
    };

    expect(route.choices).toHaveLength(6);
    expect(readRoute(writeRoute(written))).toEqual(written);
  });

  it('differs when any part of the route differs', () => {
    const route = routeOf('vpce-0000000000000000a');
    const [first, ...others] = route.choices;
    if (!first) throw new Error('the route has no target');
    const changed = [
      { ...route, host: 'other' },
      { ...route, tiers: [] },
      ...Object.keys(first).map((field) => ({ ...route, choices: [{ ...first, [field]: 'other' }, ...others] })),
    ];

    expect(new Set([route, ...changed].map(writeRoute)).size).toBe(changed.length + 1);
  });

  it('has each address of ten thousand in a third of the bytes of JSON', () => {
    const ids = Array.from({ length: 100 }, (_, index) => `vpce-${index.toString(16).padStart(17, '0')}`);
    const route = routeOf(...ids);

    expect(writeRoute(route).length).toBeLessThan(JSON.stringify(route).length / 3);
  });
});
