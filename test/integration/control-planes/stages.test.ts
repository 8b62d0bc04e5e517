import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { fileSchema, stagedOf } from '#config/stages';
import { type Konnect, startKonnect } from '#sandbox/konnect/konnect';
import { resolveStages } from '#sync/rollout/stages';
import { signal, token } from '../../support/control-planes/konnect';

const names = ['canary', 'eu', 'us'];

let konnect: Konnect;

beforeEach(async () => {
  const controlPlanes = names.map((name) => ({ name: `gateway-${name}`, labels: { env: 'prod', stage: name } }));
  konnect = await startKonnect({ controlPlanes, token });
});

afterEach(() => konnect.close());

async function resolve(planes: object) {
  const sources = [{ name: 'hub', type: 'vpc-endpoints', regions: ['us-east-1'] }];
  const { configs } = await resolveStages(stagedOf(fileSchema.parse({ owner: 'test', sources, ...planes })), signal);
  return configs;
}

const named = (stage: string, name: string, over: object = {}) => ({
  ...{ stage, type: 'konnect', address: konnect.url, name, token },
  ...over,
});
const selected = (over: object = {}) => ({
  ...{ type: 'konnect', address: konnect.url, select: { env: 'prod' }, token },
  ...over,
});
const lab = { stage: 'lab', type: 'file', path: '/tmp/kong.yaml' };

describe('the stages of a configuration', () => {
  it('are one without a name where the configuration has one control plane, without a call', async () => {
    const configs = await resolve({ controlPlane: { type: 'file', path: '/tmp/kong.yaml' } });

    expect(configs).toMatchObject([{ owner: 'test', controlPlane: { type: 'file' } }]);
    expect(configs.map((config) => 'stage' in config)).toEqual([false]);
    expect(konnect.calls).toEqual([]);
  });

  it('keep the order of the file, and selected stages are ordered by name', async () => {
    const configs = await resolve({ controlPlanes: [lab, selected(), { ...lab, stage: 'a', path: '/tmp/a.yaml' }] });

    expect(configs.map(({ stage }) => stage)).toEqual(['lab', ...names, 'a']);
    expect(configs[1]).toMatchObject({
      controlPlane: { name: 'gateway-canary', token },
      policy: { mode: 'sync' },
    });
  });

  it.each<[string, () => readonly object[], string]>([
    [
      'a name twice, once by a label',
      () => [{ ...lab, stage: 'eu' }, selected()],
      'two stages are named eu; give each a name of its own',
    ],
    [
      'a control plane twice, both by name',
      () => [named('a', 'x'), named('b', 'x', { token: 'kpat_other', concurrency: 1 })],
      'stages a and b are one control plane, x at http://127.0.0.1',
    ],
    [
      'a control plane twice, once by its labels',
      () => [named('a', 'gateway-eu'), selected()],
      'stages a and eu are one control plane, gateway-eu at http://127.0.0.1',
    ],
    [
      'a control plane twice, by two of its labels',
      () => [selected({ select: { stage: 'us' } }), selected({ select: { stage: 'us' }, stageLabel: 'env' })],
      'stages us and prod are one control plane, gateway-us at',
    ],
    [
      'a control plane twice, in another way to write its address',
      () => [named('a', 'x'), named('b', 'x', { address: `${konnect.url.replace('http', 'HTTP')}/` })],
      'stages a and b are one control plane',
    ],
    [
      'a control plane twice, once through decK',
      () => [named('a', 'x'), { ...named('b', 'x'), type: 'deck' }],
      'stages a and b are one control plane',
    ],
    [
      'a file twice',
      () => [lab, { ...lab, stage: 'copy' }],
      'stages lab and copy are one control plane, /tmp/kong.yaml; remove one of them',
    ],
  ])('are refused with %s', async (_, planes, said) => {
    const resolving = resolve({ controlPlanes: planes() });

    await expect(resolving).rejects.toMatchObject({ code: 'CONFIG_INVALID', transient: false });
    await expect(resolving).rejects.toThrow(`controlPlanes: ${said}`);
    await expect(resolving).rejects.not.toThrow('kpat');
  });

  it.each<[string, object]>([
    ['another workspace', { type: 'admin', address: 'https://kong.example', workspace: 'b' }],
    ['another address', { type: 'admin', address: 'https://other.example' }],
    ['no database', { type: 'dbless', address: 'https://other.example' }],
  ])('may share one Kong: %s', async (_, other) => {
    const one = { stage: 'a', type: 'admin', address: 'https://kong.example' };

    await expect(resolve({ controlPlanes: [one, { stage: 'b', ...other }] })).resolves.toHaveLength(2);
  });
});
