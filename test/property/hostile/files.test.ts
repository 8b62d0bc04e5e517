import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, it } from '@jest/globals';
import fc from 'fast-check';
import { stringify } from 'yaml';
import { loadConfig, loadDataPlaneConfig } from '#config/file';
import { type Config, configSchema, type DnsConfig, type SnapshotConfig, type StaticConfig } from '#config/schema';
import { checksumOf, digestOf } from '#core/json';
import type { Snapshot } from '#core/model';
import { renderDesired } from '#deck/desired';
import type { HeldEntity } from '#deck/document';
import { checkBase, parseBase } from '#deck/file/base';
import { warnOfUnbounded, writtenPaths } from '#deck/file/base-paths';
import { parseDeckFile } from '#deck/file/read';
import { renderText } from '#deck/file/write';
import { adopt } from '#discovery/admission/adopt';
import { createDnsSource } from '#discovery/providers/dns';
import { createSnapshotSource } from '#discovery/providers/snapshot';
import { createStaticSource } from '#discovery/providers/static';
import { excessOf } from '#discovery/snapshot/bounds';
import { createLastGoodStore } from '#discovery/snapshot/last-good';
import { createSources } from '#discovery/sources';
import { parseDump, parseSyncErrors } from '#sync/control-planes/deck-cli/output';
import { createAbsenceStore } from '#sync/pass/absences/store';
import { type PlanFile, parsePlan, serialisePlan } from '#sync/pass/plan-file';
import { endpointOf, hubScope, knownScope, snapshotOf, unknownScope } from '../../support/builders';
import { createsOf, documentOf } from '../../support/control-planes/konnect';
import { createFakeClock } from '../../support/passes';
import { firstOf } from '../../support/sources';
import { hostileText, oddly } from './corpus';
import { oddJson, oddlySealed, oddText } from './documents';
import { feeding, type Row, replay } from './feed';
import {
  expectHarmless,
  expectHarmlessReport,
  expectKongTakes,
  expectPlanned,
  expectRouted,
  expectSafe,
  good,
  must,
  orRefusal,
  reportOf,
  withoutNumbers,
} from './judges';

/**
 * Any content of files and of programs' output. Each is read or refused as a whole, and an odd
 * endpoint of a snapshot affects only itself.
 */

const signal = new AbortController().signal;
const folder = mkdtempSync(join(tmpdir(), 'kong-privatelink-'));
afterAll(() => rmSync(folder, { recursive: true }));

function sourceConfigs(...sources: readonly object[]): Config['sources'] {
  const controlPlane = { type: 'konnect', name: 'prod', token: 'kpat_test' };
  return configSchema.parse({ owner: 'test', sources, controlPlane }).sources;
}

const [dns, relay] = sourceConfigs(
  {
    type: 'dns',
    name: 'corp',
    names: [
      { name: 'good.corp', domain: good.domain },
      { name: '_http._tcp.corp', domain: 'bad' },
      { name: 'bad.corp', domain: 'bad2' },
    ],
  },
  { type: 'snapshot', name: 'relay', file: '/x.json' },
) as unknown as readonly [DnsConfig, SnapshotConfig];

const goodRecords = [{ address: good.ip, ttlSeconds: 1 }];

/** Node gives texts and whole numbers, whatever a server answers. */
const oddWord = (text: string) =>
  fc.oneof(
    fc.constant(text),
    oddly(text).map((one) => JSON.stringify(one)),
    hostileText,
  );
const port = fc.oneof(fc.constant(80), fc.nat(70_000));
const addresses = (ip: string) => fc.array(fc.record({ address: oddWord(ip), ttlSeconds: fc.nat() }), { maxLength: 3 });
const oddRecords = fc.record({
  ipv4: addresses('10.0.0.2'),
  ipv6: addresses('fd00::2'),
  srv: fc.array(fc.record({ name: oddWord('x.corp'), port, priority: fc.nat(2), weight: port }), { maxLength: 3 }),
});

type OddRecords = typeof oddRecords extends fc.Arbitrary<infer R> ? R : never;

async function expectResolved({ ipv4, ipv6, srv }: OddRecords): Promise<void> {
  const resolver = {
    resolve4: async (name: string) => (name === 'good.corp' ? goodRecords : ipv4),
    resolve6: async (name: string) => (name === 'good.corp' ? [] : ipv6),
    resolveSrv: async () => srv,
  };
  const { scope, discover } = firstOf(createDnsSource(dns, { resolver, clock: createFakeClock() }));
  const discovered = await orRefusal(() => discover(signal));
  if (discovered) expectRouted(discovered, scope);
}

const goodEndpoint = endpointOf({
  id: good.id,
  domain: good.domain,
  addresses: [{ ip: good.ip, region: 'us-east-1' }],
});
const badEndpoint = endpointOf({
  ...{
    id: 'vpce-0bad',
    domain: 'bad',
    protocol: 'https',
    host: 'api.example',
    reason: 'why',
    serviceName: 'svc',
    vpcId: 'vpc-1',
  },
  ...{ paths: ['/todo'], grantedPaths: ['/todo'], dnsNames: ['x.corp'] },
  observed: { scopeId: hubScope.id, atMs: 900, accountId: '111111111111' },
});
const quarantined = {
  endpointId: 'vpce-q',
  scopeId: hubScope.id,
  domain: 'q',
  code: 'bad-tag',
  reason: 'r',
  fix: 'f',
} as const;
const takenWith = (endpoint: unknown): Snapshot =>
  snapshotOf(knownScope([endpoint as typeof goodEndpoint, goodEndpoint], [quarantined]));
const sealed = (value: object) => JSON.stringify({ checksum: digestOf(JSON.stringify(value)), ...value });
const content = (snapshot: unknown) => ({ owner: 'test', snapshot, version: 1 });

/**
 * An odd endpoint with an id affects only itself. An endless one is the exception: the file is not
 * parsed.
 */
async function expectOddEndpoint(odd: Partial<typeof badEndpoint> | undefined): Promise<void> {
  const id: unknown = odd?.id;
  const text = sealed(content(takenWith(odd)));
  await expectRelayed(text, typeof id === 'string' && id !== '' && excessOf(text) === undefined);
}

/** `isSure`: the snapshot holds the good endpoints, and at most one odd endpoint. */
async function expectRelayed(text: string, isSure: boolean): Promise<void> {
  const source = createSnapshotSource(relay, { owner: 'test', clock: createFakeClock(), read: async () => ({ text }) });
  const { scope, discover } = firstOf(source);
  const discovered = await orRefusal(() => discover(signal));
  must(discovered !== undefined || !isSure, () => 'one endpoint costs all the others');
  if (discovered) (isSure ? expectRouted : expectSafe)(discovered, scope);
}

async function expectRemembered(text: string): Promise<void> {
  const path = join(folder, 'last-good.json');
  writeFileSync(path, text);
  const { known, warning } = await createLastGoodStore({ path, owner: 'test', clock: createFakeClock() }).read();
  expectHarmless(`${warning}\n`);
  for (const { discovered } of known.values()) expectSafe(adopt(discovered, { allow: {}, scope: hubScope }));
}

const oddEndpoint = oddly(badEndpoint);
const wholeSnapshot = snapshotOf(
  knownScope([badEndpoint, goodEndpoint]),
  unknownScope([badEndpoint], { ...hubScope, id: 'b.self.us-east-1' }),
);

const plane = { type: 'konnect', name: 'prod' } as const;
const absences = {
  ...{ owner: 'test', controlPlane: plane, writtenAtMs: 900, version: 3 },
  absences: { 'target:sd2.privatelink|10.0.1.11:80': { count: 2, forMs: 100, waitedMs: 5, observedAtMs: 800 } },
};

const absencesName = `absences.test.${checksumOf(plane).slice(0, 12)}.json`;

async function expectCounted(text: string, name: string): Promise<void> {
  writeFileSync(join(folder, name), text);
  const store = createAbsenceStore({ stateDir: folder, owner: 'test', controlPlane: plane }, createFakeClock());
  const { absences: counted, elapsedMs, warnings } = await store.read();
  rmSync(join(folder, name));
  expectHarmlessReport(reportOf(snapshotOf(), { warnings }));
  must(elapsedMs >= 0, () => `time goes back by ${elapsedMs}`);
  for (const { count, forMs } of Object.values(counted))
    must(count >= 1 && forMs >= 0, () => `no absence: ${count} ${forMs}`);
}

const document = documentOf('sd2', 2);
const plan: PlanFile = {
  owner: 'test',
  controlPlane: plane,
  base: 'abc',
  createdAtMs: 1_000,
  changes: createsOf(document).slice(0, 5),
};

async function expectApprovable(text: string): Promise<void> {
  const read = await orRefusal(() => parsePlan(text, '/x.json'));
  if (read) expectHarmlessReport(reportOf(snapshotOf(), { changes: read.changes }));
  if (read) await orRefusal(() => parsePlan(serialisePlan(read), '/x.json'));
}

const configuration = {
  owner: 'test',
  sources: [
    {
      name: 'hub',
      type: 'vpc-endpoints',
      regions: ['us-east-1'],
      allow: { domains: ['*'], addresses: ['203.0.113.0/24'] },
      endpoint: 'https://x.example',
    },
    {
      name: 'fixed',
      type: 'static',
      endpoints: [
        { domain: 'sd2', addresses: ['10.0.0.2'], host: 'api.example', paths: ['/todo'], port: 80, weight: 1 },
      ],
    },
    { name: 'relay', type: 'snapshot', url: 'https://x.example/v1/snapshot', token: `$\{TOKEN}` },
    { name: 'corp', type: 'dns', servers: ['10.0.0.2:53'], names: [{ name: 'x.corp', domain: 'sd3' }] },
  ],
  controlPlane: { type: 'konnect', name: 'prod', token: `$\{TOKEN}`, concurrency: 4 },
  domains: {
    sd2: {
      healthcheck: { path: '/health', intervalSeconds: 5 },
      plugins: [{ name: 'acl', config: { a: [1] } }],
      tlsVerify: true,
    },
  },
  publish: [{ namespace: 'shared', service: 'employees', domain: 'sd2', region: 'us-east-1' }],
  policy: { mode: 'sync', maxRemovePercent: 30 },
  watch: { intervalSeconds: 60, listen: '127.0.0.1:9543' },
  deck: { base: ['base.yaml'] },
  stateDir: 'state',
  affinity: 'weighted',
};

const { controlPlane, ...shared } = configuration;
const staged = {
  ...shared,
  controlPlanes: [
    { stage: 'canary', ...controlPlane },
    { type: 'konnect', token: controlPlane.token, select: { env: 'prod' }, stageLabel: 'ring' },
    { stage: 'lab', type: 'admin', address: 'https://kong.example', tls: { ca: 'ca.pem' }, headers: { 'x-a': 'b' } },
  ],
};

async function expectConfigured(text: string): Promise<void> {
  const path = join(folder, 'kong-privatelink.yaml');
  writeFileSync(path, text);
  const env = { TOKEN: 'kpat_secret' };
  await orRefusal(() => loadDataPlaneConfig({ path, env }));
  const config = await orRefusal(() => loadConfig({ path, env }));
  if (!config) return;
  const stages = config.entries.flatMap((entry) => ('select' in entry ? [] : (entry.stage ?? [])));
  must(
    stages.every((stage) => /^[A-Za-z0-9][\w.-]{0,62}$/.test(stage)),
    () => `stages ${JSON.stringify(stages)}`,
  );
  createSources(config, { clock: createFakeClock() });
  for (const source of config.sources) if (source.type === 'static') await expectStatic(source);
  const domains = ['sd2', 'constructor', ...Object.keys(config.domains)].map((name) => ({ ...sample, name }));
  const desired = renderDesired({ owner: config.owner, domains, settings: config.domains, affinity: config.affinity });
  expectKongTakes(desired.filter(({ domain }) => /^[a-z0-9-]+$/.test(domain)));
}

const sample = { protocol: 'https', host: 'api.example', paths: ['/todo'], stripPath: false, targets: [] } as const;

async function expectStatic(source: StaticConfig): Promise<void> {
  const { scope, discover } = firstOf(createStaticSource(source));
  expectSafe(await discover(signal), scope);
}

const base = {
  _format_version: '3.0',
  _plugin_configs: { shared: { minute: 5 } },
  services: [
    {
      name: 'people',
      host: 'x.example',
      tags: ['a'],
      routes: [{ name: 'r', paths: ['/people'] }],
      plugins: [{ name: 'acl', config: { allow: ['x'] } }],
    },
  ],
  upstreams: [{ name: 'up', targets: [{ target: '10.0.0.1:80' }] }],
  routes: [{ name: 'other', paths: ['/o'], service: 'people' }],
  consumers: [{ username: 'bob', plugins: [{ name: 'acl' }] }],
  plugins: [{ name: 'key-auth', service: { name: 'people' } }],
};

async function expectBase(text: string, other: string): Promise<void> {
  const read = await orRefusal(() =>
    parseBase([
      { path: 'a.yaml', text },
      { path: 'b.yaml', text: other },
    ]),
  );
  if (!read) return;
  expectHarmless(`${warnOfUnbounded(read)}\n${JSON.stringify(writtenPaths(read))}\n`);
  await orRefusal(() => checkBase(read, document));
  const rendered = await orRefusal(() => renderText([], { owner: 'test', base: read }));
  must(rendered === undefined || rendered.includes('_format_version'), () => 'no decK file');
}

const otherBase = '_format_version: "3.0"\n_plugin_configs: { mine: {} }\nvaults: [{ prefix: v }]\n';
const deckText = renderText(withoutNumbers(document), { owner: 'test' });
const dump = {
  services: [
    {
      name: 'sd2',
      tags: ['kong-privatelink', 'owner:test'],
      host: 'sd2.privatelink',
      routes: [{ name: 'sd2', paths: ['/sd2'], tags: ['a'] }],
      plugins: [{ name: 'acl', config: {} }],
    },
  ],
  upstreams: [
    {
      name: 'sd2.privatelink',
      tags: ['kong-privatelink', 'owner:test'],
      targets: [{ target: '10.0.0.1:80', weight: 1, tags: ['a'] }],
    },
  ],
  routes: [{ name: 'r', service: { name: 'sd2' } }],
  plugins: [{ name: 'key-auth', route: 'r' }],
};

async function expectHeldIn(read: () => readonly HeldEntity[]): Promise<void> {
  const held = await orRefusal(read);
  if (held) expectPlanned(held);
}

async function expectDumped(text: string): Promise<void> {
  await expectHeldIn(() => parseDump(text));
  const errors = await orRefusal(() => parseSyncErrors(text));
  expectHarmless(`${errors?.join('\n')}\n`);
}

/** A person's file with an odd content or an odd form. */
const oddYaml = (value: object) =>
  fc.oneof(
    oddly(value).map((one) => stringify(one)),
    oddText(stringify(value)),
  );
const oddSnapshot = oddlySealed(content(wholeSnapshot));
const oddPlan = oddlySealed({ version: 2, ...plan });

const rows: readonly Row[] = [
  ['fm-44 answers of DNS', feeding(oddRecords, expectResolved, 0.15)],
  ['fm-50 endpoints of a snapshot', feeding(oddEndpoint, expectOddEndpoint, 0.25)],
  ['fm-50 snapshots', feeding(oddSnapshot, (text) => expectRelayed(text, false), 0.25)],
  ['fm-50 the last good snapshot', feeding(oddSnapshot, expectRemembered, 0.1)],
  ['fm-45 absences', feeding(oddlySealed(absences), (text) => expectCounted(text, absencesName), 0.15)],
  ['fm-45 plan files', feeding(oddPlan, expectApprovable, 0.15)],
  ['fm-45 the configuration', feeding(oddYaml(configuration), expectConfigured, 0.05)],
  ['fm-45 the configuration of several stages', feeding(oddYaml(staged), expectConfigured, 0.05)],
  ['fm-45 base files', feeding(oddYaml(base), (text) => expectBase(text, otherBase), 0.05)],
  [
    'fm-45 decK files of this product',
    feeding(
      oddText(deckText),
      (text) => expectHeldIn(() => parseDeckFile(text, { path: '/x.yaml', owner: 'test' })),
      0.05,
    ),
  ],
  ["fm-45 decK's output", feeding(oddJson(dump), expectDumped, 0.25)],
];

describe(`the corpus against files ${replay}`, () => {
  it.each(rows)('%s', async (_, run) => {
    await run();
  });
});
