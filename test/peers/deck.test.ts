import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { request } from 'undici';
import { z } from 'zod';
import type { DomainSettings, Endpoint, PluginSettings, Protocol } from '#core/model';
import type { Affinity } from '#deck/affinity';
import { renderText } from '#deck/file/write';
import type { ViaSettings } from '#deck/via';
import { schemaLua } from '#plugin/schema/lua';
import { exitCodeOfSync } from '#sync/cli/exit-codes';
import { type PassDependencies, planOnce } from '#sync/pass/plan-once';
import { runOnce } from '#sync/pass/run-once';
import { endpointOf, knownScope, snapshotOf } from '../support/builders';
import { type DeckResult, describeWithDeck, runDeck } from '../support/control-planes/deck';
import { owner, type Stage, signal, startStage, token } from '../support/control-planes/konnect';
import { commandsIn, manual } from '../support/documents/pages';
import { callsOf, commandsOf, readRecipe, rolloutStagePath } from '../support/documents/recipe';
import { estates, readExample } from '../support/examples';
import { createPasses, defaultPolicy } from '../support/passes';

type Wanted = {
  readonly endpoints: readonly Endpoint[];
  readonly settings: Readonly<Record<string, DomainSettings>>;
  readonly affinity?: Affinity;
  readonly via?: ViaSettings;
};

/** What shall be so, and who makes it so. */
type Round = Wanted & { readonly writer: 'kong-privatelink' | 'decK' };

const nothing = expect.stringMatching(/Created: 0\s+Updated: 0\s+Deleted: 0/);

const domains = ['sd1', 'sd2', 'egress'] as const;
const protocols: readonly Protocol[] = ['http', 'https', 'grpc', 'grpcs'];

const endpoint: fc.Arbitrary<Endpoint> = fc
  .record({
    number: fc.integer({ min: 1, max: 9 }),
    domain: fc.constantFrom(...domains),
    state: fc.constantFrom('available', 'available', 'available', 'pending', 'rejected'),
    protocol: fc.constantFrom(...protocols),
    port: fc.constantFrom(80, 443, 8080),
    host: fc.constantFrom('api.example', undefined),
    path: fc.constantFrom(undefined, '/v1', '/v1/x', '/v1.0'),
    weight: fc.constantFrom(0, 1, 100, 65_535),
    zones: fc.subarray([1, 2, 3], { minLength: 1 }),
    isIpv6: fc.boolean(),
  })
  .map(({ number, zones, isIpv6, path, host, ...rest }) =>
    endpointOf({
      ...rest,
      id: `vpce-${number}`,
      createdAtMs: number,
      host: rest.protocol.endsWith('s') ? 'api.example' : host,
      paths: path ? [`/${rest.domain}${path}`] : [],
      addresses: zones.map((zone) => ({
        ip: isIpv6 ? `2001:db8:${zone}::${number}` : `10.0.${zone}.${number}`,
        region: 'us-east-1',
        zoneId: `use1-az${zone}`,
      })),
    }),
  );

const plugin = fc.constantFrom<PluginSettings>(
  { name: 'rate-limiting', config: { minute: 600, policy: 'local' } },
  { name: 'rate-limiting', config: { second: 5 } },
  { name: 'key-auth', config: {} },
  { name: 'key-auth', config: { key_names: ['x-api-key'] }, enabled: false },
  { name: 'acl', config: { allow: ['readers'] } },
  { name: 'acl', config: { deny: ['a', 'b'], hide_groups_header: true } },
  { name: 'cors', config: { origins: ['*'] } },
  { name: 'privatelink', config: { mode: 'upstream' } },
);

const settings: fc.Arbitrary<DomainSettings> = fc.record(
  {
    healthcheck: fc.record(
      { path: fc.constant('/healthz'), intervalSeconds: fc.constantFrom(0, 1, 30) },
      { requiredKeys: [] },
    ),
    plugins: fc.uniqueArray(plugin, { selector: (one) => one.name }),
    tlsVerify: fc.boolean(),
    route: fc.boolean(),
    via: fc.constantFrom('addresses', 'resolver'),
  },
  { requiredKeys: [] },
);

const round: fc.Arbitrary<Round> = fc.record({
  endpoints: fc.uniqueArray(endpoint, { selector: (one) => one.id, maxLength: 6 }),
  settings: fc.dictionary(fc.constantFrom(...domains), settings),
  affinity: fc.constantFrom<Affinity>('none', 'weighted', 'failover'),
  via: fc.record<ViaSettings>({
    via: fc.constantFrom('addresses', 'resolver'),
    suffix: fc.constantFrom('privatelink.internal', 'other.internal'),
  }),
  writer: fc.constantFrom('kong-privatelink', 'decK'),
});

/** What others keep in the same control plane: it has our names nowhere and our tags nowhere. */
function seedOthers({ konnect }: Stage): () => readonly unknown[] {
  const service = konnect.seed('prod', 'services', { name: 'legacy', host: 'legacy.example', tags: ['team-a'] });
  const upstream = konnect.seed('prod', 'upstreams', { name: 'legacy', tags: ['owner:test'] });
  const others = [
    service,
    upstream,
    konnect.seed('prod', 'routes', { name: 'legacy', paths: ['/legacy'], service: { id: service.id } }),
    konnect.seed('prod', 'targets', { target: '10.9.9.9:80', upstream: { id: upstream.id }, tags: ['owner:other'] }),
    konnect.seed('prod', 'plugins', { name: 'cors', config: { origins: ['*'] } }),
    konnect.seed('prod', 'consumers', { username: 'bob' }),
  ];
  const ids = new Set(others.map((one) => one.id));
  const kinds = ['services', 'upstreams', 'routes', 'targets', 'plugins', 'consumers'] as const;
  return () => kinds.flatMap((kind) => konnect.entities('prod', kind).filter((one) => ids.has(one.id)));
}

/** A control plane that knows the product's own plugin, as `schema --upload` leaves it. */
async function startStageWithPlugin(): Promise<Stage> {
  const stage = await startStage();
  const call = async (path: string, body?: object) => {
    const headers = { authorization: `Bearer ${token}` };
    const method = body ? 'POST' : 'GET';
    const answer = await request(stage.konnect.url + path, { method, headers, body: body && JSON.stringify(body) });
    return answer.body.json();
  };
  const { data } = z.object({ data: z.array(z.object({ id: z.string() })) }).parse(await call('/v2/control-planes'));
  await call(`/v2/control-planes/${data[0]?.id}/core-entities/plugin-schemas`, { lua_schema: schemaLua() });
  return stage;
}

describeWithDeck('decK as the referee', () => {
  let stage: Stage;
  let folder: string;

  beforeEach(async () => {
    stage = await startStageWithPlugin();
    folder = mkdtempSync(join(tmpdir(), 'kong-privatelink-'));
  });

  afterEach(async () => {
    await stage.konnect.close();
    rmSync(folder, { recursive: true });
  });

  function deckGateway(verb: 'diff' | 'sync', text: string): Promise<DeckResult> {
    const file = join(folder, 'kong.yaml');
    writeFileSync(file, text);
    const flags = verb === 'diff' ? ['--non-zero-exit-code'] : [];
    const env = { DECK_KONNECT_ADDR: stage.konnect.url, DECK_KONNECT_TOKEN: token };
    return runDeck(['gateway', verb, file, ...flags], env);
  }

  /** Absence removes at once, so that histories take away as often as they add. */
  function openPasses() {
    const policy = { ...defaultPolicy, removeAfterAbsences: 1, removeAfterSeconds: 0, maxRemovePercent: 100 };
    const { deps } = createPasses({ owner, policy, clock: stage.clock, controlPlane: stage.plane });
    return ({ endpoints, settings, affinity, via }: Wanted) => ({
      ...deps,
      settings,
      affinity,
      via,
      discover: async () => snapshotOf(knownScope(endpoints)),
    });
  }

  const render = async (deps: PassDependencies) => {
    const { outcome } = await planOnce(deps, signal);
    return renderText(outcome, { owner, controlPlaneName: 'prod' });
  };

  async function write(deps: PassDependencies, writer: Round['writer'], text: string): Promise<void> {
    if (writer === 'decK') expect(await deckGateway('sync', text)).toMatchObject({ exitCode: 0, err: '' });
    else expect(exitCodeOfSync(await runOnce(deps, signal))).toBe(0);
  }

  const ourChanges = async (deps: PassDependencies) => (await planOnce(deps, signal)).report.changes;

  it('finds nothing to do after our pass, and our pass nothing after decK, for any change', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(round, { minLength: 1, maxLength: 4 }), async (rounds) => {
        await stage.konnect.close();
        stage = await startStageWithPlugin();
        const others = seedOthers(stage);
        const before = others();
        const depsOf = openPasses();
        for (const one of rounds) {
          const deps = depsOf(one);
          const text = await render(deps);

          await write(deps, one.writer, text);

          expect(await ourChanges(deps)).toEqual([]);
          expect(await render(deps)).toBe(text);
          expect(await deckGateway('diff', text)).toMatchObject({ exitCode: 0, err: '', out: nothing });
        }
        expect(others()).toEqual(before);
      }),
      { numRuns: 12 },
    );
  });

  it('fm-46 reads operators in a path as text, like Kong, and finds nothing to do', async () => {
    const deps = openPasses()({ endpoints: [endpointOf({ paths: ['/v1.0/a+b(c)'] })], settings: {} });
    const text = await render(deps);
    for (const writer of ['kong-privatelink', 'decK'] as const) {
      await (writer === 'decK' ? deckGateway('sync', text) : write(deps, writer, text));

      expect(await ourChanges(deps)).toEqual([]);
      expect(await deckGateway('diff', text)).toMatchObject({ exitCode: 0, out: nothing });
      expect(stage.konnect.entities('prod', 'routes')).toMatchObject([
        { paths: ['~/v1\\.0/a\\+b\\(c\\)$', '/v1.0/a+b(c)/'] },
      ]);
    }
  });

  it.each([
    ['upstreams', { slots: 100 }],
    ['upstreams', { hash_on: 'ip' }],
    ['upstreams', { host_header: 'other.example' }],
    ['upstreams', { algorithm: 'round-robin', hash_on_header: 'x-user' }],
    ['upstreams', { sticky_sessions_cookie: 'session' }],
    ['upstreams', { healthchecks: { active: { headers: { 'x-probe': ['1'] } } } }],
    ['targets', { weight: 7 }],
    ['targets', { failover: true }],
    ['services', { retries: 5 }],
    ['services', { path: '/x' }],
    ['services', { enabled: false, tags: ['kong-privatelink', 'owner:test', 'more'] }],
    ['routes', { hosts: ['other.example'] }],
    ['routes', { methods: ['GET'], headers: { 'x-version': ['2'] } }],
    ['routes', { strip_path: false, protocols: ['http'] }],
    ['routes', { paths: ['/sd2'] }],
    ['plugins', { enabled: false, instance_name: 'mine' }],
    ['plugins', { config: { minute: 1 } }],
  ] as const)('detects a change by hand, like our pass, and either writer repairs it: %s %j', async (kind, change) => {
    const settings = { sd2: { plugins: [{ name: 'rate-limiting', config: { minute: 600 } }] } };
    const deps = openPasses()({ endpoints: [endpointOf()], settings });
    const text = await render(deps);
    for (const writer of ['kong-privatelink', 'decK'] as const) {
      await runOnce(deps, signal);
      const [held] = stage.konnect.entities('prod', kind);
      stage.konnect.seed('prod', kind, { ...held, ...change });

      expect(await ourChanges(deps)).toMatchObject([{ action: 'update' }]);
      expect(await deckGateway('diff', text)).toMatchObject({ exitCode: 2, err: '' });

      await write(deps, writer, text);

      expect(await ourChanges(deps)).toEqual([]);
      expect(await deckGateway('diff', text)).toMatchObject({ exitCode: 0, out: nothing });
    }
  });

  it.each(estates)('accepts the file of example %s', async (name) => {
    const { goldenPath } = readExample(name);

    expect(await runDeck(['file', 'validate', goldenPath])).toMatchObject({ exitCode: 0, err: '' });
  });

  it('refuses an invalid file', async () => {
    const file = join(folder, 'kong.yaml');
    writeFileSync(file, '_format_version: "3.0"\nservices: [{ name: sd2, port: eighty }]\n');

    expect(await runDeck(['file', 'validate', file])).toMatchObject({ exitCode: 1 });
  });

  it.each([
    ...commandsOf(readRecipe(), 'deck'),
    ...commandsOf(readRecipe(rolloutStagePath), 'deck'),
    ...callsOf(manual.flatMap(commandsIn), 'deck'),
  ])('has the verb and the flags of the CI recipe and the docs: %s %j', async (verb, flags) => {
    const { exitCode, out } = await runDeck([...verb.split(' '), '--help']);

    expect(exitCode).toBe(0);
    for (const flag of flags) expect(out).toMatch(new RegExp(` ${flag}[ ,]`));
  });
});
