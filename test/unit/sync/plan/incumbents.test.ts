import { describe, expect, it } from '@jest/globals';
import { endpointOf, knownScope } from '../../../support/builders';
import { createPasses } from '../../../support/passes';

describe('incumbentsOf', () => {
  it('fm-16 gives an equal result after the route with the paths was switched off', async () => {
    const { deps, plane, pass } = createPasses();
    await pass(knownScope([endpointOf()]));
    Object.assign(deps, { settings: { sd2: { route: false } }, affinity: 'weighted' });
    const [address] = endpointOf().addresses;
    const newcomer = endpointOf({
      id: 'vpce-2',
      createdAtMs: 2_000,
      addresses: address ? [{ ...address, ip: '10.0.9.9' }] : [],
    });
    const disagreeing = knownScope([endpointOf({ paths: ['/sd2/v1'] }), newcomer]);
    await pass(disagreeing);
    plane.writes.length = 0;

    await pass(disagreeing);

    expect(plane.writes).toEqual([]);
  });
});
