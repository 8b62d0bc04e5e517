import { describe, expect, it } from '@jest/globals';
import { configSchema } from '#config/schema';
import { createSources } from '#discovery/sources';
import { createFakeClock } from '../../support/passes';
import { scopesOf } from '../../support/sources';

function configOf(...sources: readonly Readonly<Record<string, unknown>>[]) {
  return configSchema.parse({
    owner: 'test',
    sources,
    controlPlane: { type: 'konnect', name: 'prod', token: 'kpat_test' },
  });
}

describe('createSources', () => {
  it('creates one source for each source of the configuration, without a call', () => {
    const config = configOf(
      { type: 'vpc-endpoints', name: 'hub', regions: ['us-east-1', 'us-west-2'] },
      { type: 'vpc-endpoints', name: 'edge', regions: ['eu-west-1'] },
      { type: 'cloud-map', name: 'registry', regions: ['us-east-1'], namespace: 'shared' },
    );

    const sources = createSources(config, { clock: createFakeClock() });

    expect(sources.map(({ name }) => name)).toEqual(['hub', 'edge', 'registry']);
    expect(sources.flatMap(scopesOf).map(({ id }) => id)).toEqual([
      'hub.self.us-east-1',
      'hub.self.us-west-2',
      'edge.self.eu-west-1',
      'registry.self.us-east-1',
    ]);
  });
});
