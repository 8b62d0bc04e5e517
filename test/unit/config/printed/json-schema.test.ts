import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { z } from 'zod';
import { configJsonSchema, configJsonSchemaText } from '#config/printed/json-schema';
import { fileSchema } from '#config/stages';
import { blocksIn, textOf } from '../../../support/documents/pages';

const root = join(__dirname, '../../../..');

const schema = z.fromJSONSchema(configJsonSchema() as z.core.JSONSchema.JSONSchema);
const isValid = (config: unknown) => schema.safeParse(config).success;

const variable = (name: string) => `\${${name}}`;
const smallest = {
  owner: 'test',
  sources: [{ name: 'hub', type: 'vpc-endpoints', regions: ['us-east-1'] }],
  controlPlane: { type: 'konnect', name: 'prod', token: 't' },
};

const pages = [
  'README.md',
  ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' }).map((one) => `docs/${one}`),
];
const keys = new Set(Object.keys(fileSchema.shape));
const snippets = pages
  .filter((path) => path.endsWith('.md'))
  .flatMap((page) => blocksIn(page, 'yaml'))
  .filter((code) => Object.keys(parse(code) ?? {}).some((key) => keys.has(key)));
const examples = readdirSync(join(root, 'deck/examples'))
  .filter((name) => /^T\d$/.test(name))
  .map((name) => textOf(`deck/examples/${name}/kong-privatelink.yaml`));
const { configs } = z
  .object({ configs: z.record(z.string(), z.object({ content: z.string() })) })
  .parse(parse(textOf('docker-compose.yml')));
// Compose has variables of its own.
const composed = Object.values(configs).map(({ content }) => content.replaceAll('$$', '$'));
const whole = [...snippets, ...examples].filter((code) => /^owner:/m.test(code));

describe('the JSON Schema of the configuration', () => {
  it.each([...snippets, ...examples, ...composed])('accepts the example %#', (code) => {
    expect(schema.safeParse({ ...smallest, ...parse(code) }).error).toBeUndefined();
  });

  it('is named in the first line of each whole example', () => {
    const heads = whole.map((code) => code.split('\n')[0]);

    expect(whole.length).toBeGreaterThan(6);
    expect(heads.filter((head) => !/^# yaml-language-server: \$schema=\S+\.schema\.json$/.test(head ?? ''))).toEqual(
      [],
    );
  });

  it.each<[string, object]>([
    ['a variable for a number', { policy: { maxRemovePercent: variable('PERCENT') } }],
    ['a variable for true or false', { domains: { sd2: { route: variable('ROUTE') } } }],
    ['a variable within a text with a form', { owner: `a-${variable('STAGE')}` }],
    ['a variable for a word', { affinity: variable('AFFINITY') }],
    ['no control plane, as on a data plane', { controlPlane: undefined }],
  ])('accepts %s', (_, over) => {
    expect(isValid(JSON.parse(JSON.stringify({ ...smallest, ...over })))).toBe(true);
  });

  it.each<[string, object]>([
    ['an unknown key', { polcy: {} }],
    ['a text for a number', { policy: { maxRemovePercent: 'many' } }],
    ['a variable within a number', { policy: { maxRemovePercent: `1${variable('N')}` } }],
    ['a word of its own', { affinity: 'zone' }],
    ['another type', { controlPlane: { type: 'consul' } }],
    ['a key that belongs to another type', { controlPlane: { type: 'file', path: 'a', token: 't' } }],
    ['a domain that is a variable', { domains: { [variable('DOMAIN')]: {} } }],
    ['no sources', { sources: [] }],
  ])('refuses %s', (_, over) => {
    expect(isValid({ ...smallest, ...over })).toBe(false);
  });

  it('has only formats of JSON Schema', () => {
    expect(new Set(configJsonSchemaText().match(/"format": .*/g))).toEqual(new Set(['"format": "uri"']));
  });

  it('has references that are valid URIs', () => {
    const refs = [...configJsonSchemaText().matchAll(/"\$ref": "(.*)"/g)].map(([, ref]) => ref);

    expect(refs.filter((ref) => !/^#\/\$defs\/[\w.]+$/.test(ref ?? ''))).toEqual([]);
  });
});
