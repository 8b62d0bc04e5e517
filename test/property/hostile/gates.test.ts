import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { PrometheusGateConfig } from '#config/rollout';
import { printable } from '#core/printable';
import type { HttpCall } from '#sync/control-planes/kong-api/http';
import { measurePlane } from '#sync/control-planes/konnect/measure';
import { readPlaneNodes } from '#sync/control-planes/konnect/settled';
import type { JsonAnswer } from '#sync/rollout/gates/ask';
import { createDataPlaneGate } from '#sync/rollout/gates/data-planes';
import type { Sample } from '#sync/rollout/gates/gate';
import { createKonnectGate } from '#sync/rollout/gates/konnect-metric';
import { createPrometheusGate } from '#sync/rollout/gates/prometheus';
import { createFakeClock } from '../../support/passes';
import { oddJson } from './documents';
import { feeding, type Row, replay } from './feed';
import { must } from './judges';

/**
 * Any answer to a gate. The gate makes a sample of it in readable words, and passes only what it
 * understood.
 */

const signal = new AbortController().signal;
const trial = { bakingMs: () => 1_000_000, settleMs: 0 };
const limits = { name: 'errors', atMost: 1, maxFailed: 0 };

function expectSample({ kind, said, value }: Sample): void {
  must(printable(said) === said, () => `no line that a terminal may get: ${JSON.stringify(said)}`);
  must(said !== '', () => 'a sample without words');
  must(value === undefined || Number.isFinite(value), () => `a value that is none: ${value}`);
  must(kind !== 'pass' || value === undefined || value <= 1, () => `passed with ${value}`);
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const answers = (usual: object): fc.Arbitrary<JsonAnswer> =>
  fc.record({ status: fc.constantFrom(200, 400, 503), body: oddJson(usual).map(jsonOf) });

const query: PrometheusGateConfig = {
  ...limits,
  type: 'prometheus',
  address: 'http://127.0.0.1',
  query: 'x',
  everySeconds: 15,
};
const vector = { status: 'success', data: { resultType: 'vector', result: [{ metric: {}, value: [1, '0.5'] }] } };
const queried = feeding(answers(vector), async (answer) => {
  const sample = await createPrometheusGate(query, 'canary', async () => answer)
    .open(trial)
    .sample(signal);
  expectSample(sample);
  must(sample.kind !== 'pass' || sample.value !== undefined, () => 'passed without a value');
});

const urls = ['http://127.0.0.1/a', 'http://127.0.0.1/b'];
const status = { configuration_hash: 'abc', server: { total_requests: 1 }, database: { reachable: true } };
const asked = feeding(fc.tuple(answers(status), answers(status)), async (both) => {
  const clock = createFakeClock();
  const ask = async ({ url }: { url: string }) => both[urls.indexOf(url)] ?? both[0];
  const { sample } = createDataPlaneGate({ mode: 'required', urls, ask, clock }).open(trial);
  expectSample(await sample(signal));
  clock.advance(1_000);
  expectSample(await sample(signal));
});

/** A control plane that answers in these ways. */
function planeOf(answerOf: (call: HttpCall) => unknown) {
  return { http: async (call: HttpCall) => answerOf(call), id: 'id', path: '/cp', now: () => 1_000_000 };
}

const node = { id: 'a', hostname: 'dp', config_hash: 'h', last_ping: 1_000 };
const listed = feeding(
  fc.tuple(oddJson({ items: [node, node], page: { next: null } }), oddJson({ expected_hash: 'h' })),
  async ([nodes, expected]) => {
    let pages = 0;
    const plane = planeOf(({ path }) => {
      pages += 1;
      return jsonOf(path.includes('/nodes') && pages < 5 ? nodes : expected);
    });
    const readNodes = () => readPlaneNodes(plane, signal);
    const gate = createDataPlaneGate({
      ...{ mode: 'required', urls: [], clock: createFakeClock(), readNodes },
      ask: async () => ({ problem: 'nobody is asked' }),
    });
    expectSample(await gate.open(trial).sample(signal));
  },
);

const counted = { data: [{ event: { request_count: 500, error_rate: 0.5 } }], meta: {} };
const measured = feeding(oddJson(counted), async (text) => {
  const plane = planeOf(() => jsonOf(text));
  const config = { ...limits, type: 'konnect', metric: 'error_rate', windowSeconds: 120, minRequests: 1 } as const;
  const gate = createKonnectGate(config, (what) => measurePlane(plane, what, signal));
  expectSample(await gate.open(trial).sample(signal));
});

const rows: readonly Row[] = [
  ['an answer to a query', queried],
  ['answers of status URLs', asked],
  ['data planes in Konnect', listed],
  ['analytics of Konnect', measured],
];

describe(`the corpus against gates ${replay}`, () => {
  it.each(rows)('%s', async (_, run) => {
    await expect(run()).resolves.toBeUndefined();
  });
});
