import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { stringify } from 'yaml';
import { z } from 'zod';
import { loadConfig, loadDataPlaneConfig } from '#config/file';
import { configJsonSchema } from '#config/printed/json-schema';
import { configOf, type StagedConfig, saidOfStage } from '#config/stages';
import { messageOf } from '#core/errors';
import { onlyConfig } from '../../support/control-planes/only-config';

const token = 'kpat_geheim';
const variable = (name: string) => `\${${name}}`;
const konnect = { type: 'konnect', name: 'canary', token: variable('KONNECT_TOKEN') };
const canary = { stage: 'canary', ...konnect };
const prod = { ...canary, stage: 'prod', name: 'prod' };
const selecting = { type: 'konnect', token: variable('KONNECT_TOKEN'), select: { env: 'prod' } };
const admin = { stage: 'lab', type: 'admin', address: 'https://kong.example' };

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'kong-privatelink-'));
});

afterAll(() => rmSync(folder, { recursive: true }));

/** Writes a configuration with these control planes; returns its path. */
function written(planes: object): string {
  const path = join(folder, 'kong-privatelink.yaml');
  const sources = [{ name: 'hub', type: 'vpc-endpoints', regions: ['us-east-1'] }];
  writeFileSync(path, stringify({ owner: 'test', sources, ...planes }));
  return path;
}

function load(...controlPlanes: readonly object[]): StagedConfig {
  return loadConfig({ path: written({ controlPlanes }), env: { KONNECT_TOKEN: token } });
}

/**
 * The messages that refuse a configuration, one line for each problem, without its place in the
 * file.
 */
function refusalsOf(planes: object): readonly string[] {
  try {
    loadConfig({ path: written(planes), env: { KONNECT_TOKEN: token } });
  } catch (thrown) {
    expect(thrown).toMatchObject({ code: 'CONFIG_INVALID' });
    expect(messageOf(thrown)).not.toContain('geheim');
    const [, ...lines] = messageOf(thrown).split('\n');
    return lines.map((line) => line.replace(/^.*?yaml:\d+:\d+: /, ''));
  }
  throw new Error('the configuration was accepted');
}

describe('controlPlanes', () => {
  it('are stages in the order of the file, each with all fields of a control plane', () => {
    const { entries } = load(
      prod,
      { ...admin, tls: { ca: 'ca.pem' } },
      { stage: 'copy', type: 'file', path: 'k.yaml' },
    );

    expect(entries).toMatchObject([
      { stage: 'prod', controlPlane: { address: 'https://us.api.konghq.com', name: 'prod', concurrency: 4, token } },
      { stage: 'lab', controlPlane: { workspace: 'default', tls: { ca: join(folder, 'ca.pem') } } },
      { stage: 'copy', controlPlane: { path: join(folder, 'k.yaml') } },
    ]);
    expect(entries.map(({ controlPlane }) => 'stage' in controlPlane)).toEqual([false, false, false]);
  });

  it('select control planes of Konnect by labels, and the label stage names the stage', () => {
    const { entries } = load(selecting, { ...selecting, select: { env: 'lab', team: 'a_b.c' }, stageLabel: 'ring' });

    expect(entries).toEqual([
      {
        select: { env: 'prod' },
        stageLabel: 'stage',
        controlPlane: { type: 'konnect', address: 'https://us.api.konghq.com', concurrency: 4, token },
      },
      expect.objectContaining({ select: { env: 'lab', team: 'a_b.c' }, stageLabel: 'ring' }),
    ]);
  });

  it('are frozen all the way down', () => {
    const { entries } = load(prod);

    expect([entries, entries[0], entries[0]?.controlPlane].map(Object.isFrozen)).toEqual([true, true, true]);
  });

  it('are at most 64', () => {
    const named = (count: number) => Array.from({ length: count }, (_, index) => ({ ...canary, stage: `s${index}` }));

    expect(load(...named(64)).entries).toHaveLength(64);
    expect(refusalsOf({ controlPlanes: named(65) })).toEqual(['controlPlanes: write 64 items or less']);
  });

  it.each<[string, object, readonly (string | RegExp)[]]>([
    ['none and no controlPlane', {}, [/^controlPlane: is required: the control plane to write; .* controlPlanes$/]],
    [
      'beside controlPlane',
      { controlPlane: konnect, controlPlanes: [canary] },
      ['controlPlanes: controlPlane is there too: keep controlPlane for one, or controlPlanes for several'],
    ],
    ['an empty list', { controlPlanes: [] }, ['controlPlanes: write 1 item or more']],
    ['no list', { controlPlanes: canary }, [/^controlPlanes: write a list/]],
    ['an invalid entry', { controlPlanes: ['canary'] }, [/^controlPlanes\[0\]: write a mapping/]],
    [
      'of another type',
      { controlPlanes: [{ stage: 'a', type: 'consul' }] },
      [/^controlPlanes\[0\]\.type: write one of/],
    ],
    [
      'one without a stage',
      { controlPlanes: [konnect, { ...admin, stage: undefined }] },
      [
        'controlPlanes[0].stage: is required: the name of the stage, or select in its place',
        'controlPlanes[1].stage: is required: the name of the stage',
      ],
    ],
    [
      'one without a name',
      { controlPlanes: [{ ...canary, name: undefined }] },
      ['controlPlanes[0].name: is required: the name of the control plane, or select in its place'],
    ],
    [
      'two of one stage',
      { controlPlanes: [canary, prod, { ...admin, stage: 'canary' }] },
      ['controlPlanes[2].stage: same as item [0]: give each stage a name of its own (it is "canary")'],
    ],
    ...['', '-a', 'a.', 'a b', 'ä', '../x', 'a'.repeat(64)].map((stage): [string, object, readonly RegExp[]] => [
      `a stage ${JSON.stringify(stage)}`,
      { controlPlanes: [{ ...canary, stage }] },
      [
        /^controlPlanes\[0\]\.stage: letters, digits, dot, dash and underscore, at most 63, with a letter or a digit at/,
      ],
    ]),
    [
      'select beside name and stage',
      { controlPlanes: [{ ...selecting, stage: 'a', name: 'b' }] },
      [
        'controlPlanes[0].stage: with select a label of each control plane names its stage: remove it (it is "a")',
        'controlPlanes[0].name: select stands for every control plane with those labels: remove one (it is "b")',
      ],
    ],
    [
      'select without labels',
      { controlPlanes: [{ ...selecting, select: {} }] },
      ['controlPlanes[0].select: at least one label with its value'],
    ],
    [
      'labels that Konnect does not allow',
      { controlPlanes: [{ ...selecting, select: { 'a:b': 'x', 'kong-x': 'x', c: 'a,b', d: 5 } }] },
      [
        /^controlPlanes\[0\]\.select\.a:b: letters, digits/,
        /^controlPlanes\[0\]\.select\.kong-x: a label that people may set/,
        /^controlPlanes\[0\]\.select\.c: letters, digits/,
        /^controlPlanes\[0\]\.select\.d: write a text/,
      ],
    ],
    [
      'an invalid stage label',
      { controlPlanes: [{ ...selecting, stageLabel: '_stage' }] },
      [/^controlPlanes\[0\]\.stageLabel: letters, digits/],
    ],
    [
      'a label of the stage without select',
      { controlPlanes: [{ ...canary, stageLabel: 'ring' }] },
      ['controlPlanes[0].stageLabel: it goes with select: remove it, or give select (it is "ring")'],
    ],
    [
      'select of another type',
      { controlPlanes: [{ ...admin, select: { env: 'prod' } }] },
      ['controlPlanes[0].select: unknown key: correct its spelling or remove it'],
    ],
    [
      'a key that is misspelt',
      { controlPlanes: [{ ...canary, tokn: 'geheim' }] },
      ['controlPlanes[0].tokn: unknown key (did you mean token?): correct its spelling or remove it'],
    ],
    [
      'an invalid token',
      { controlPlanes: [{ ...canary, token: 'geheim geheim' }] },
      ['controlPlanes[0].token: a token without spaces or line breaks inside'],
    ],
    [
      'a variable that is not set',
      { controlPlanes: [{ ...canary, token: variable('PROD_TOKEN') }] },
      [/^controlPlanes\[0\]\.token: environment variable PROD_TOKEN is not set/],
    ],
    [
      'TLS over plain http',
      { controlPlanes: [{ ...admin, address: 'http://127.0.0.1:8001', tls: { ca: 'ca.pem' } }] },
      ['controlPlanes[0].tls: TLS is spoken where the address begins with https: write it so, or remove tls'],
    ],
    [
      'Konnect through decK without certificate checks',
      {
        controlPlanes: [
          { stage: 'a', type: 'deck', address: 'https://x.example', name: 'b', tls: { skipVerify: true } },
        ],
      },
      [/^controlPlanes\[0\]\.tls\.skipVerify: whoever is on the way/],
    ],
  ])('are refused, with the fix: %s', (_, planes, said) => {
    expect(refusalsOf(planes)).toEqual(said.map((one) => (typeof one === 'string' ? one : expect.stringMatching(one))));
  });

  it('are ignored on a data plane, whatever they hold', () => {
    const path = written({ controlPlanes: [{ token: variable('PROD_TOKEN') }, 5] });

    expect(loadDataPlaneConfig({ path, env: {} })).toMatchObject({ owner: 'test' });
  });

  it('are valid in JSON Schema exactly when they are valid here', () => {
    const schema = z.fromJSONSchema(configJsonSchema() as z.core.JSONSchema.JSONSchema);
    const takes = (one: object) =>
      schema.safeParse({ owner: 'a', sources: [admin], controlPlanes: [one] }).error?.issues;
    const problemsOf = (one: object) => (takes(one) ?? []).filter(({ path }) => path[0] === 'controlPlanes');

    expect([canary, selecting, admin].map(problemsOf)).toEqual([[], [], []]);
    expect(
      [
        { ...admin, stage: undefined },
        { ...canary, stage: 'a b' },
        { ...admin, select: {} },
      ].map(problemsOf),
    ).toEqual(Array(3).fill([expect.anything()]));
  });
});

describe('the configuration of one stage', () => {
  it('is the shared part, with its control plane and its name', () => {
    const staged = load(canary, prod);
    const [entry] = staged.entries;

    const config = configOf(staged, entry as Parameters<typeof configOf>[1]);

    expect(config).toMatchObject({ owner: 'test', stage: 'canary', controlPlane: { name: 'canary' } });
    expect('entries' in config).toBe(false);
  });

  it('has no name where it is the only stage', () => {
    const staged = loadConfig({ path: written({ controlPlane: konnect }), env: { KONNECT_TOKEN: token } });

    expect('stage' in onlyConfig(staged)).toBe(false);
    expect(onlyConfig(load(canary)).stage).toBe('canary');
  });

  it.each([
    ['several', [canary, prod]],
    ['unresolved selections', [selecting]],
  ])('is refused where there are %s', (_, planes) => {
    expect(() => onlyConfig(load(...planes))).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
    expect(() => onlyConfig(load(...planes))).toThrow('several control planes');
  });
});

it.each([
  [undefined, 'controlPlane.tls.ca: x; name it in controlPlane.tls.ca'],
  ['canary', 'controlPlanes[canary].tls.ca: x; name it in controlPlanes[canary].tls.ca'],
])('the message for stage %s names the fields', (stage, said) => {
  expect(saidOfStage(stage, 'controlPlane.tls.ca: x; name it in controlPlane.tls.ca')).toBe(said);
});

describe('stages that a rollout names', () => {
  const metric = { name: 'errors', type: 'prometheus', address: 'http://127.0.0.1:9090', query: 'up', atMost: 1 };

  it.each([
    ['order[0]', { order: ['canry', 'prod'] }],
    ['order[1][0]', { order: ['canary', ['prd', 'prod']] }],
    ['gates.status[0].stage', { gates: { status: [{ stage: 'canry', url: 'http://127.0.0.1/status' }] } }],
    ['gates.requests[0].stage', { gates: { requests: [{ stage: 'canry', url: 'http://127.0.0.1/' }] } }],
    ['gates.metrics[0].stage', { gates: { metrics: [{ ...metric, stage: 'canry' }] } }],
    ['gates.approval[1]', { gates: { approval: ['canary', 'canry'] } }],
  ])('are refused in %s if they do not exist', (where, rollout) => {
    const name = where === 'order[1][0]' ? 'prd' : 'canry';

    expect(refusalsOf({ controlPlanes: [canary, prod], rollout })).toEqual([
      `rollout.${where}: no stage of controlPlanes has this name: correct it, or add the stage (it is "${name}")`,
    ]);
  });

  it('may come from labels', () => {
    const path = written({ controlPlanes: [selecting], rollout: { order: ['anything'] } });

    expect(() => loadConfig({ path, env: { KONNECT_TOKEN: token } })).not.toThrow();
  });
});
