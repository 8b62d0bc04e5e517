import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { afterAll, beforeAll, describe, it } from '@jest/globals';
import fc from 'fast-check';
import { stringify } from 'yaml';
import type { AdminConfig, DblessConfig, KonnectConfig } from '#config/schema';
import { type Listening, listenTogether } from '#sandbox/network/loopback';
import { connectAdmin } from '#sync/control-planes/admin/control-plane';
import type { ControlPlane } from '#sync/control-planes/control-plane';
import { connectDbless } from '#sync/control-planes/dbless/control-plane';
import { createHttp } from '#sync/control-planes/kong-api/http';
import { konnectApi } from '#sync/control-planes/konnect/api';
import { connectKonnect } from '#sync/control-planes/konnect/control-plane';
import { openPlane } from '#sync/control-planes/konnect/plane';
import { createRelease } from '#sync/control-planes/konnect/release';
import { selectPlanes } from '#sync/control-planes/konnect/select';
import { snapshotOf } from '../../support/builders';
import { createsOf, documentOf } from '../../support/control-planes/konnect';
import { createFakeClock } from '../../support/passes';
import { hostileText, oddly } from './corpus';
import { oddJson, oddText } from './documents';
import { feed, feeding, type Row, replay } from './feed';
import { expectHarmless, expectHarmlessReport, expectPlanned, must, orRefusal, reportOf } from './judges';

/**
 * Any answer in place of Konnect or Kong, over a real connection. It is refused in words, or taken
 * as the held content.
 */

const signal = new AbortController().signal;
const token = 'kpat_test';

type Answer = { readonly status?: number; readonly text: string; readonly headers?: Readonly<Record<string, string>> };

/** What the server answers to a path; changed for each input. */
let answerTo: (path: string) => Answer = () => ({ text: '' });
let asked: string[] = [];
let server: Listening;
let address: string;

function answer({ url = '' }: IncomingMessage, response: ServerResponse): void {
  asked.push(url);
  const { status = 200, text, headers } = answerTo(url);
  response.writeHead(status, headers).end(text);
}

beforeAll(async () => {
  server = await listenTogether(['127.0.0.1'], () => createServer(answer));
  address = `http://127.0.0.1:${server.port}`;
});

afterAll(() => server.close());

const document = documentOf('sd2', 1);
const changes = createsOf(document);
const ids = { upstream: 'u-1', service: 's-1' } as const;

/** What lists hold of the document, by the list's name. */
const lists: Readonly<Record<string, readonly object[]>> = Object.fromEntries(
  (['upstream', 'target', 'service', 'route', 'plugin'] as const).map((kind) => [
    `${kind}s`,
    document
      .filter((one) => one.kind === kind)
      .map(({ fields, tags, parent }, index) => ({
        ...fields,
        ...(kind === 'upstream' ? { healthchecks: {} } : {}),
        ...{ id: `${kind[0]}-${index + 1}`, tags },
        ...(parent && (kind === 'target' ? { upstream: { id: ids.upstream } } : { service: { id: ids.service } })),
      })),
  ]),
);

const planes = { data: [{ id: 'p-1', name: 'prod', config: { cluster_type: 'CLUSTER_TYPE_CONTROL_PLANE' } }] };
const nodes = {
  items: [{ hostname: 'dp', version: '3.9', last_ping: 1, config_hash: 'h', compatibility_status: { state: 'x' } }],
  page: { next: null },
};
const usual: Readonly<Record<string, unknown>> = {
  ...Object.fromEntries(Object.entries(lists).map(([name, data]) => [name, { data, offset: null }])),
  ...{
    'control-planes': planes,
    nodes,
    'expected-config-hash': { expected_hash: 'h' },
    'plugin-schemas': { items: [] },
  },
};

/** The last part of a path that is no id. */
function listOf(path: string): string {
  const parts = path.replace(/\?.*/, '').split('/');
  return parts.reverse().find((part) => part in usual) ?? '';
}

/** One list of all answers in another way than documented. */
const oddList = fc
  .constantFrom(...Object.keys(usual))
  .chain((name) => oddJson(usual[name]).map((text) => ({ name, text })));

const headers = oddly({
  date: 'Mon, 01 Jan 2029 00:00:00 GMT',
  'retry-after': '1',
  'content-type': 'application/json',
}).map((odd) =>
  Object.fromEntries(
    Object.entries(odd ?? {}).flatMap(([name, value]) => {
      const text = String(JSON.stringify(value))
        .replace(/[^ -~]/g, '')
        .slice(0, 1_000);
      return ['date', 'retry-after', 'content-type'].includes(name) ? [[name, text]] : [];
    }),
  ),
);
const failed = {
  ...{ message: 'no', title: 'no', detail: 'why', details: [{ field: 'name', messages: ['bad'] }] },
  flattened_errors: [
    {
      entity_type: 'target',
      entity_name: 'x',
      entity: { id: 't-1', target: 'x' },
      errors: [{ field: 'a', message: 'b' }],
    },
  ],
};
const refusal = fc.record({
  status: fc.constantFrom(201, 301, 400, 401, 403, 404, 405, 409, 422, 429, 500, 503, 599),
  text: oddJson(failed),
  headers,
});

const clock = createFakeClock();
const timing = { clock, random: () => 0 };
const konnect: () => ControlPlane = () =>
  connectKonnect({ type: 'konnect', address, name: 'prod', token, concurrency: 4 } as KonnectConfig, 'test', timing);
const admin: () => ControlPlane = () =>
  connectAdmin({ type: 'admin', address, workspace: 'default', token, concurrency: 4 } as AdminConfig, 'test', timing);
const dbless: () => ControlPlane = () => connectDbless({ type: 'dbless', address } as DblessConfig, 'test', timing);

/** Each of them keeps its connections for as long as the server does. */
const opened = new Map<() => ControlPlane, ControlPlane>();
function planeOf(open: () => ControlPlane): ControlPlane {
  const plane = opened.get(open) ?? open();
  opened.set(open, plane);
  return plane;
}

async function expectHeld(
  open: () => ControlPlane,
  { name, text }: { readonly name: string; readonly text: string },
): Promise<void> {
  answerTo = (path) => ({ text: listOf(path) === name ? text : JSON.stringify(usual[listOf(path)] ?? {}) });
  asked = [];
  const plane = planeOf(open);
  const held = await orRefusal(() => plane.read(signal));
  if (held) expectPlanned(held);
  const foreign = await orRefusal(() => plane.readForeign(changes, signal));
  expectHarmlessReport(reportOf(snapshotOf(), { conflicts: foreign?.map((one) => JSON.stringify(one)) }));
  await orRefusal(() => plane.readRollout(signal));
  must(
    asked.every((path) => !/\/\.{1,2}(\/|\?|$)/.test(path)),
    () => `asked for another path: ${asked.join(' ')}`,
  );
}

/** The releases before our plugins. A failure is only a warning. */
async function expectReleased({ name, text }: { readonly name: string; readonly text: string }): Promise<void> {
  answerTo = (path) => ({ text: listOf(path) === name ? text : JSON.stringify(usual[listOf(path)] ?? {}) });
  const warnings = await release(changes, signal);
  expectHarmlessReport(reportOf(snapshotOf(), { warnings }));
}
let release: ReturnType<typeof createRelease>;
beforeAll(() => {
  const config = { type: 'konnect', address, name: 'prod', token, concurrency: 4 } as KonnectConfig;
  release = createRelease({
    openPlane: openPlane(config, timing),
    schemas: [{ name: 'rate-limiting', lua: 'return {}', handler: 'return {}' }],
  });
});

/** What becomes of one call: its value, or an error with the server's words in it. */
async function expectAnswered(given: Answer): Promise<void> {
  answerTo = () => given;
  http ??= createHttp({ api: konnectApi, address, token, concurrency: 4, ...timing });
  await orRefusal(() => http?.({ method: 'PUT', path: '/x', body: {} }, signal));
}
let http: ReturnType<typeof createHttp> | undefined;

/** Kong without a database: one text of YAML in JSON. */
const config = stringify({
  _format_version: '3.0',
  ...Object.fromEntries(
    Object.entries(lists).map(([name, list]) => [
      name,
      list.map((one) =>
        Object.fromEntries(Object.entries(one).map(([key, value]) => [key, isReference(value) ? value.id : value])),
      ),
    ]),
  ),
});

function isReference(value: unknown): value is { readonly id: string } {
  return typeof value === 'object' && value !== null && 'id' in value;
}

async function expectExported(text: string): Promise<void> {
  answerTo = () => ({ text });
  const plane = planeOf(dbless);
  const held = await orRefusal(() => plane.read(signal));
  if (held) expectPlanned(held);
}

const oddConfig = fc.oneof(
  oddText(config).map((one) => JSON.stringify({ config: one })),
  oddJson({ config }),
);

/** Names and labels are what whoever may make a control plane writes. */
const labelled = {
  data: [
    { id: 'p-1', name: 'prod', labels: { env: 'prod', stage: 'eu' }, config: { cluster_type: 'x' } },
    { id: 'p-2', name: 'lab', labels: { env: 'prod', stage: 'us' }, config: { cluster_type: 'x' } },
  ],
  meta: { page: { number: 1, size: 100, total: 2 } },
};

async function expectSelected(text: string): Promise<void> {
  answerTo = () => ({ text });
  const controlPlane = { type: 'konnect', address, token, concurrency: 4 } as const;
  const select = { env: 'prod' };
  const selected = await orRefusal(() => selectPlanes({ select, stageLabel: 'stage', controlPlane }, signal, timing));
  const stages = selected?.map(({ stage }) => stage) ?? [];
  must(
    stages.every((stage) => /^[A-Za-z0-9][\w.-]{0,62}$/.test(stage)) && new Set(stages).size === stages.length,
    () => `stages ${JSON.stringify(stages)}`,
  );
  must(
    selected?.every((one) => one.controlPlane.address === address && one.controlPlane.token === token) ?? true,
    () => 'a label says where a token goes',
  );
}

const rows: readonly Row[] = [
  ['fm-54 names and labels of control planes', feeding(oddJson(labelled), expectSelected, 0.1)],
  ['fm-54 lists of Konnect', feeding(oddList, (odd) => expectHeld(konnect, odd), 0.05)],
  ["fm-54 lists of Kong's Admin API", feeding(oddList, (odd) => expectHeld(admin, odd), 0.05)],
  ['fm-54 data planes and schemas of Konnect', feeding(oddList, expectReleased, 0.02)],
  ['fm-54 answers and errors', feeding(refusal, expectAnswered, 0.25)],
  [
    'fm-54 texts that are not JSON answers',
    feeding(fc.record({ text: oddText('{"data":[]}'), headers }), expectAnswered, 0.1),
  ],
  ['fm-54 the whole configuration of a Kong', feeding(oddConfig, expectExported, 0.05)],
];

describe(`the corpus against control planes ${replay}`, () => {
  it.each(rows)('%s', async (_, run) => {
    await run();
  });

  it('fm-51 quotes hostile text of a server in one line without control characters', async () => {
    await feed(
      hostileText,
      async (said) => {
        await expectAnswered({ status: 409, text: JSON.stringify({ message: said }) });
        expectHarmless(`${said}\n`);
      },
      0.03,
    );
  });
});
