import { describe, expect, it, jest } from '@jest/globals';
import { configSchema } from '#config/schema';
import { PrivatelinkError } from '#core/errors';
import type { NetworkReader } from '#discovery/aws/readers/networks';
import { createFindings } from '#discovery/findings/findings';
import { endpointOf, knownScope, snapshotOf, unknownScope } from '../../../support/builders';

const west = { id: 'hub.self.us-west-2', source: 'hub', account: 'self', region: 'us-west-2' };
const { sources } = configSchema.parse({
  owner: 'test',
  sources: [{ name: 'hub', type: 'vpc-endpoints', regions: ['us-east-1', 'us-west-2'] }],
  controlPlane: { type: 'file', path: 'kong.yaml' },
});
const signal = new AbortController().signal;

/** Findings over a reader; each test sets only the fields that it needs. */
function openFindings(over: Partial<NetworkReader> = {}, zoneIds: ReadonlyMap<string, string> = new Map()) {
  const reader: NetworkReader = {
    listServices: async () => [],
    listSubnets: async () => [],
    listVpcs: async () => [],
    listPeerings: async () => [],
    ...over,
  };
  return createFindings(sources, { readersOf: () => ({ reader, readZoneIds: async () => zoneIds }) });
}

const endpoint = endpointOf({ serviceName: 'svc', vpcId: 'vpc-1' });
const snapshot = snapshotOf(knownScope([endpoint]), knownScope([], [], west));

describe('findings', () => {
  it("use the account's zone names for a service where AWS returns no ids", async () => {
    const services = [{ name: 'svc', zoneIds: [], zoneNames: ['us-east-1a'] }];
    const add = openFindings({ listServices: async () => services }, new Map([['us-east-1a', 'use1-az1']]));

    const { findings } = await add(snapshot, signal);

    expect(findings).toMatchObject([
      { code: 'zone-not-served', reason: expect.stringContaining('interfaces in use1-az2') },
    ]);
  });

  it('are empty for a service with a zone of unknown id', async () => {
    const services = [{ name: 'svc', zoneIds: [], zoneNames: ['us-east-1a', 'us-east-1b'] }];
    const add = openFindings({ listServices: async () => services }, new Map([['us-east-1a', 'use1-az1']]));

    expect(await add(snapshot, signal)).toMatchObject({ findings: [], warnings: [] });
  });

  it('cover known scopes with endpoints, and no other scope', async () => {
    const listServices = jest.fn<NetworkReader['listServices']>(async () => []);
    const add = openFindings({ listServices });

    await add(snapshotOf(unknownScope([endpoint])), signal);
    expect(listServices).not.toHaveBeenCalled();

    await add(snapshot, signal);
    expect(listServices).toHaveBeenCalledTimes(1);
  });

  it('fm-02 warn once where networks cannot be read, and leave the scopes unchanged', async () => {
    const denied = new PrivatelinkError('not allowed', { code: 'ACCESS_DENIED', fix: undefined });
    const add = openFindings({ listSubnets: async () => Promise.reject(denied) });
    const both = snapshotOf(knownScope([endpoint]), knownScope([{ ...endpoint, scopeId: west.id }], [], west));

    const { scopes, findings, warnings } = await add(both, signal);

    expect(scopes).toEqual(both.scopes);
    expect(findings).toEqual([]);
    expect(warnings).toEqual([expect.stringMatching(/hub\.self\.us-east-1.*not allowed.*1 more scopes/)]);
  });
});
