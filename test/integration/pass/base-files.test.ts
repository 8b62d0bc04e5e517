import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { defaultConfig, type Estate, openEstate } from '../../support/estate';

const head = '_format_version: "3.0"\n';

let estate: Estate;

beforeEach(async () => {
  estate = await openEstate();
  estate.addEndpoint('sd2', ['10.0.1.11']);
});

afterEach(() => estate.close());

/** Configures the estate with base files of these texts; `controlPlane` in place of Konnect. */
function configure(texts: readonly string[], more = '', controlPlane?: string): void {
  const paths = texts.map((_, index) => `deck/base-${index}.yaml`);
  mkdirSync(join(estate.folder, 'deck'), { recursive: true });
  for (const [index, text] of texts.entries()) writeFileSync(join(estate.folder, paths[index] ?? ''), text);
  const config = defaultConfig(estate);
  const chosen = controlPlane ? config.replace(/controlPlane: .*/, `controlPlane: ${controlPlane}`) : config;
  estate.configure(`${chosen}deck: { base: ${JSON.stringify(paths)} }\n${more}`);
}

const byHost = `${head}routes: [{ name: sd2-by-host, hosts: [sd2.example], service: { name: sd2 } }]\n`;
const noRoute = 'domains: { sd2: { route: false } }\n';

it('renders base files beside generated entities, for a domain without a route of its own', async () => {
  configure([byHost, `${head}plugins: [{ name: key-auth, service: sd2 }]\n`], noRoute);

  const { exitCode, out } = await estate.run('render');

  expect(exitCode).toBe(0);
  const tags = ['kong-privatelink:base'];
  expect(parse(out)).toMatchObject({
    services: [{ name: 'sd2' }],
    routes: [{ name: 'sd2-by-host', hosts: ['sd2.example'], service: { name: 'sd2' }, tags }],
    plugins: [{ name: 'key-auth', service: 'sd2', tags }],
  });
  expect(parse(out).services[0]).not.toHaveProperty('routes');
});

it('writes a file with base files, then finds nothing to do, and removes them with their file', async () => {
  const file = '{ type: file, path: kong.yaml }';
  const written = () => parse(readFileSync(join(estate.folder, 'kong.yaml'), 'utf8'));
  configure([byHost, `${head}vaults: [{ name: env, prefix: mine }]\n`], noRoute, file);

  expect((await estate.run('sync')).exitCode).toBe(0);
  expect(written().vaults).toMatchObject([{ prefix: 'mine' }]);
  expect((await estate.run('diff')).exitCode).toBe(0);

  configure([byHost.replace('sd2.example', 'other.example')], noRoute, file);
  expect((await estate.run('diff')).exitCode).toBe(0);
  expect((await estate.run('sync')).exitCode).toBe(0);
  expect(written()).toMatchObject({ services: [{ name: 'sd2' }], routes: [{ hosts: ['other.example'] }] });
  expect(written()).not.toHaveProperty('vaults');
});

it('names the way for base files into a control plane that takes one entity at a time', async () => {
  configure([byHost], noRoute);

  const { exitCode, out } = await estate.run('sync');

  expect(exitCode).toBe(0);
  expect(out).toContain('sync does not write deck.base with controlPlane.type konnect: run kong-privatelink render');
  expect(estate.konnect.entities('prod', 'routes')).toEqual([]);
});

it.each([
  ['konnect', undefined, true],
  ['file', '{ type: file, path: kong.yaml }', false],
])('fm-58 warns where a template of a plugin is not filled in (%s)', async (type, plane, isTold) => {
  const secret = `$\{{ env "DECK_SECRET" }}`;
  configure([], `domains: { sd2: { plugins: [{ name: jwt-signer, config: { a: '${secret}' } }] } }\n`, plane);

  const { exitCode, out } = await estate.run('diff');

  expect(exitCode).toBe(2);
  const said = `domains.sd2.plugins: sync with controlPlane.type ${type} does not fill in a template (\${{ … }})`;
  expect(out.includes(said)).toBe(isTold);
});

it('leaves alone the entities that decK wrote from base files', async () => {
  configure([byHost], noRoute);
  await estate.run('sync');
  const [service] = estate.konnect.entities('prod', 'services');
  const tags = ['kong-privatelink', 'kong-privatelink:base', 'owner:test'];
  const route = { name: 'sd2-by-host', hosts: ['sd2.example'], service: { id: service?.id ?? '' }, tags };
  const seeded = estate.konnect.seed('prod', 'routes', route);

  expect((await estate.run('diff')).exitCode).toBe(0);
  expect((await estate.run('sync')).exitCode).toBe(0);
  expect(estate.konnect.entities('prod', 'routes')).toEqual([seeded]);
  expect(parse((await estate.run('render')).out).services[0]).not.toHaveProperty('routes');
});

it.each([
  ['decK would refuse', [`${head}services: [{ name: 7 }]\n`], 'services.0.name'],
  ['has no version', ['services: []\n'], 'write _format_version: "3.0"'],
  ['contradicts another', [byHost, byHost], 'is in'],
])('ends with 1 before any call when a base file %s', async (_, texts, said) => {
  configure(texts);

  for (const verb of ['sync', 'diff', 'render']) {
    const { exitCode, out, err } = await estate.run(verb);

    expect({ exitCode, out }).toEqual({ exitCode: 1, out: '' });
    expect(err).toContain(said);
    expect(err).toContain(`base-${texts.length - 1}.yaml`);
  }
  expect(estate.konnect.calls).toEqual([]);
});

it('ends with 1 when a base file does not exist', async () => {
  configure([]);
  estate.configure(`${defaultConfig(estate)}deck: { base: [absent.yaml] }\n`);

  expect(await estate.run('render')).toMatchObject({ exitCode: 1, err: expect.stringContaining('absent.yaml') });
});

it('ends with 1 and writes nothing when a base file refers to a missing entity', async () => {
  configure([`${head}plugins: [{ name: acl, service: sd9 }]\n`], '', '{ type: file, path: kong.yaml }');

  for (const verb of ['sync', 'diff', 'render']) {
    const err = expect.stringContaining('refers to service sd9');
    expect(await estate.run(verb)).toMatchObject({ exitCode: 1, out: '', err });
  }
  expect(() => readFileSync(join(estate.folder, 'kong.yaml'))).toThrow('ENOENT');
});

const taken: readonly (readonly [string, string, string])[] = [
  ['a service', 'services: [{ name: legacy, host: a }]', 'choose another domain, or give it another name there'],
  ['a route', 'routes: [{ name: legacy, hosts: [a] }]', 'or set domains.legacy.route to false'],
  ['an upstream', 'upstreams: [{ name: legacy.privatelink }]', 'or give it another name there'],
];

it.each(taken)('fm-48 quarantines a domain named as the %s of a base file, and serves the rest', async (...row) => {
  const [, entity, fix] = row;
  configure([`${head}${entity}\n`], '', '{ type: file, path: kong.yaml }');
  for (const _ of [1, 2]) estate.addEndpoint('legacy', ['10.0.9.11']);

  const synced = await estate.run('sync');
  const [again, rendered, checked] = [await estate.run('diff'), await estate.run('render'), await estate.run('doctor')];

  expect([synced.exitCode, again.exitCode, rendered.exitCode]).toEqual([0, 0, 0]);
  expect(checked.out).not.toContain('failed');
  const text = readFileSync(join(estate.folder, 'kong.yaml'), 'utf8');
  expect(parse(text)).toMatchObject({
    upstreams: expect.arrayContaining([{ name: 'sd2.privatelink' }].map(expect.objectContaining)),
  });
  expect(text).not.toContain('10.0.9.11');
  const said = synced.out.match(/^quarantined .* domain legacy: claims domain legacy, but .*$/gm);
  expect(said).toHaveLength(2);
  expect(said?.[0]).toContain(join(estate.folder, 'deck/base-0.yaml'));
  expect(said?.[0]).toContain(fix);
});

it('fm-48 routes to the domain once the base file does not name it any more', async () => {
  configure([`${head}services: [{ name: sd2, host: a }]\n`]);
  await estate.run('sync');
  const before = estate.konnect.entities('prod', 'targets');
  configure([byHost]);

  expect(await estate.run('sync')).toMatchObject({ exitCode: 0 });
  expect(before).toEqual([]);
  expect(estate.konnect.entities('prod', 'targets')).toMatchObject([{ target: '10.0.1.11:80' }]);
});

it('fm-48 ends with 1 when a base file names a held entity, and removes nothing', async () => {
  const file = '{ type: file, path: kong.yaml }';
  configure([], '', file);
  await estate.run('sync');
  const held = readFileSync(join(estate.folder, 'kong.yaml'), 'utf8');
  configure([`${head}services: [{ name: sd2, host: a }]\n`], '', file);

  for (const verb of ['sync', 'diff', 'render']) {
    const err = expect.stringContaining('services.0 (service sd2) is generated');
    expect(await estate.run(verb)).toMatchObject({ exitCode: 1, out: '', err });
  }
  expect(readFileSync(join(estate.folder, 'kong.yaml'), 'utf8')).toBe(held);
});

it('ends with 1 when the decK for the write does not exist', async () => {
  const deck = `{ type: deck, address: "${estate.konnect.url}", name: prod, token: "\${KONNECT_TOKEN}", binary: ./no-deck }`;
  configure([byHost], noRoute, deck);

  const { exitCode, err } = await estate.run('sync');

  expect(exitCode).toBe(1);
  expect(err).toContain(`there is no decK at ${join(estate.folder, 'no-deck')}`);
  expect(err).toContain('controlPlane.binary');
});

const edge = `${head}services: [{ name: edge, host: edge.example, routes: [{ name: edge, paths: [/legacy] }] }]\n`;
const whatItTakes = '/legacy of route edge takes /legacy2 too (write ~/legacy$ and /legacy/ instead)';

it.each([
  ['render', undefined, 'err'],
  ['diff', undefined, 'out'],
  ['sync', undefined, 'out'],
  ['sync', '{ type: file, path: kong.yaml }', 'out'],
] as const)(
  "fm-46 keeps people's routes unchanged, and names once in %s the paths that they take (%s)",
  async (verb, plane, stream) => {
    configure([edge], '', plane);

    const result = await estate.run(verb);

    expect(result[stream].split(whatItTakes)).toHaveLength(2);
    expect(parse((await estate.run('render')).out).services[1]).toMatchObject({ routes: [{ paths: ['/legacy'] }] });
  },
);

it.each([
  ['a domain with its name', 'legacy', {}],
  ['kong:path', 'thief', { 'kong:path': '/legacy' }],
])('fm-47 keeps a path that people wrote from %s, and names the route of people', async (_, domain, tags) => {
  configure([edge]);
  estate.addEndpoint(domain, ['10.0.1.12'], { tags });

  const { exitCode, out } = await estate.run('sync');

  expect(exitCode).toBe(0);
  expect(out).toContain('claims path /legacy, but /legacy is written in route edge of deck.base');
  expect(estate.konnect.entities('prod', 'routes').map((one) => one.name)).toEqual(['sd2']);
});

it('fm-47 accepts a domain whose route people wrote on their own service', async () => {
  configure([edge.replace('/legacy', '/sd2')], noRoute);

  const { exitCode, out } = await estate.run('sync');

  expect(exitCode).toBe(0);
  expect(out).not.toContain('quarantined');
  expect(estate.konnect.entities('prod', 'targets')).toHaveLength(1);
});
