import { describe, expect, it } from '@jest/globals';
import { controlPlane as controlPlaneSchema } from '#config/control-planes';
import { bindBackend } from '#sync/control-planes/backend';
import { backendOf, backends } from '#sync/control-planes/backends';
import { fictionalBackend } from '../../../support/control-planes/fictional/backend';
import { createMemoryControlPlane } from '../../../support/control-planes/memory';

/**
 * Settings that may change without making another control plane: secrets, pace, access, and what
 * data planes get from it.
 */
const pace: ReadonlySet<string> = new Set(['token', 'concurrency', 'binary', 'tls', 'headers', 'streamPlugins']);

const types = controlPlaneSchema.options.map(({ shape }) => ({
  type: shape.type.value,
  fields: Object.keys(shape).filter((field) => field !== 'type'),
}));

describe('backends', () => {
  it.each(types)('identify a control plane by each field of type $type that names its place', ({ type, fields }) => {
    const config = Object.fromEntries([['type', type], ...fields.map((field) => [field, `${field}-value`])]);

    const { identity } = backendOf(config as never);

    const place = fields.filter((field) => !pace.has(field));
    expect(identity).toEqual(Object.fromEntries([['type', type], ...place.map((field) => [field, `${field}-value`])]));
  });

  it('return one identity, independent of other fields, in the spelling of state files', () => {
    const config = controlPlaneSchema.parse({ type: 'konnect', name: 'prod', token: 'test-token' });

    expect(JSON.stringify(backendOf(config).identity)).toBe(
      '{"type":"konnect","address":"https://us.api.konghq.com","name":"prod"}',
    );
  });

  it('limit the number of entities in Konnect, even through decK, and nowhere else', () => {
    const limits = [
      { type: 'konnect', name: 'prod', token: 'test-token' },
      { type: 'deck', address: 'https://us.api.konghq.com', name: 'prod' },
      { type: 'deck', address: 'http://127.0.0.1:8001' },
      { type: 'admin', address: 'http://127.0.0.1:8001' },
      { type: 'dbless', address: 'http://127.0.0.1:8001' },
      { type: 'file', path: 'kong.yaml' },
    ].map((config) => backendOf(controlPlaneSchema.parse(config)).mostOfKind);

    expect(limits).toEqual([10_000, 10_000, undefined, undefined, undefined, undefined]);
  });

  it('may have only their required parts', async () => {
    const table = { ...backends, fictional: fictionalBackend };
    const config = {
      type: 'fictional',
      shelf: 'top',
      key: 'test-token',
      memory: createMemoryControlPlane('test'),
    } as const;

    const { readIdentity, ...backend } = bindBackend(table.fictional, config);

    expect(await readIdentity(new AbortController().signal)).toEqual({ type: 'fictional', shelf: 'top' });
    expect(backend).toMatchObject({ deckPlace: {}, concurrency: 1, mostOfKind: 7, checks: [] });
    expect(backend.openEntities ?? backend.schemas).toBeUndefined();
  });
});
