import { describe, expect, it } from '@jest/globals';
import { configSchema } from '../../../discovery/config';
import { createSources } from '../../../discovery/sources';

function configOf(...sources: readonly Readonly<Record<string, unknown>>[]) {
  return configSchema.parse({
    owner: 'test',
    sources,
    controlPlane: { type: 'konnect', name: 'prod', token: 'kpat_test' },
  });
}

describe('createSources', () => {
  it('makes one source for each that the configuration names, without a call', () => {
    const config = configOf(
      { type: 'vpc-endpoints', name: 'hub', regions: ['us-east-1', 'us-west-2'] },
      { type: 'vpc-endpoints', name: 'edge', regions: ['eu-west-1'] },
    );

    const sources = createSources(config);

    expect(sources.map(({ name }) => name)).toEqual(['hub', 'edge']);
    expect(sources.flatMap((source) => source.scopes().map(({ id }) => id))).toEqual([
      'hub.self.us-east-1',
      'hub.self.us-west-2',
      'edge.self.eu-west-1',
    ]);
  });

  it('refuses a type that this version does not have, naming the source', () => {
    const config = configOf({ type: 'cloud-map', name: 'registry', regions: ['us-east-1'], namespace: 'shared' });

    expect(() => createSources(config)).toThrow(
      expect.objectContaining({
        code: 'NOT_BUILT',
        message: expect.stringContaining('source registry of type cloud-map'),
      }),
    );
  });
});
