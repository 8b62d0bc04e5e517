import { type CloudMapConfig, configSchema } from '#config/schema';

/** A source of Cloud Map as the schema fills it in. */
export function cloudMapConfig(over: Readonly<Record<string, unknown>> = {}): CloudMapConfig {
  const { sources } = configSchema.parse({
    owner: 'test',
    sources: [{ type: 'cloud-map', name: 'registry', regions: ['us-east-1'], namespace: 'shared', ...over }],
    controlPlane: { type: 'konnect', name: 'prod', token: 'kpat_test' },
  });
  const [source] = sources;
  if (source?.type !== 'cloud-map') throw new Error('the schema gave another source');
  return source;
}
