import { describe, expect, it } from '@jest/globals';
import type { KonnectGateConfig, PrometheusGateConfig } from '#config/rollout';
import { PrivatelinkError } from '#core/errors';
import type { Measured } from '#sync/control-planes/backend';
import type { Trial } from '#sync/rollout/gates/gate';
import { createKonnectGate } from '#sync/rollout/gates/konnect-metric';
import { createPrometheusGate } from '#sync/rollout/gates/prometheus';

const signal = new AbortController().signal;
const query: PrometheusGateConfig = {
  type: 'prometheus',
  name: 'errors',
  address: 'https://prometheus.example/base/',
  query: 'errors{stage="{stage}"}',
  everySeconds: 15,
  maxFailed: 0,
};
const trial: Trial = { bakingMs: () => 0, settleMs: 1_000 };

const scalar = (value: string) => ({ status: 'success', data: { resultType: 'scalar', result: [1, value] } });
const vector = (...values: readonly string[]) => {
  const result = values.map((value) => ({ metric: { job: 'kong' }, value: [1.5, value] }));
  return { status: 'success', data: { resultType: 'vector', result } };
};

/** Takes a sample of each of these values. */
async function samples(over: Partial<PrometheusGateConfig>, values: readonly string[], before?: number) {
  const left = [...values];
  const gate = createPrometheusGate({ ...query, ...over }, 'canary', async () => ({
    status: 200,
    body: vector(left.shift() ?? ''),
  }));
  const sampler = gate.open({ ...trial, before });
  const taken = [];
  for (const _ of values) taken.push(await sampler.sample(signal));
  return taken;
}

const kinds = async (...args: Parameters<typeof samples>) => (await samples(...args)).map(({ kind }) => kind);

describe('a metric', () => {
  it('passes up to its limit and fails above it, for good', async () => {
    expect(await kinds({ atMost: 1 }, ['1', '1.01', '0'])).toEqual(['pass', 'fail', 'fail']);
  });

  it('tolerates the configured number of samples above its limit', async () => {
    const taken = await samples({ atMost: 1, maxFailed: 1 }, ['2', '0', '2', 'NaN']);

    expect(taken.map(({ kind }) => kind)).toEqual(['pass', 'pass', 'fail', 'fail']);
    expect(taken[0]).toEqual({ kind: 'pass', said: '2, at most 1; above its limit once, 1 allowed', value: 2 });
    expect(taken[2]?.said).toContain('above its limit 2 times, 1 allowed; see what this revision changed');
  });

  it.each([
    [10, '15', 'pass'],
    [10, '15.1', 'fail'],
    [0, '0', 'pass'],
    [0, '0.0001', 'fail'],
    [undefined, '1', 'inconclusive'],
  ])('is compared with %s from before: %s is %s', async (before, value, kind) => {
    expect(await kinds({ atMostTimesBefore: 1.5 }, [value], before)).toEqual([kind]);
  });

  it('must keep to both limits, and fails at the one that has a measure from before', async () => {
    expect(await kinds({ atMost: 5, atMostTimesBefore: 2 }, ['5'], 2)).toEqual(['fail']);
    expect(await kinds({ atMost: 5, atMostTimesBefore: 2 }, ['6'], 4)).toEqual(['fail']);
    expect(await kinds({ atMost: 5, atMostTimesBefore: 2 }, ['5', '6'])).toEqual(['inconclusive', 'fail']);
  });

  it('is read before a write only if it is compared with that measure', async () => {
    const open = (over: Partial<PrometheusGateConfig>, value: string) =>
      createPrometheusGate({ ...query, ...over }, 'canary', async () => ({ status: 200, body: scalar(value) }));

    expect(open({ atMost: 1 }, '3').readBefore).toBeUndefined();
    expect(await open({ atMostTimesBefore: 1 }, '3').readBefore?.(signal)).toBe(3);
    expect(await open({ atMostTimesBefore: 1 }, 'NaN').readBefore?.(signal)).toBeUndefined();
  });
});

describe('a query to Prometheus', () => {
  it('is sent as a form, for this stage, with the token', async () => {
    const asked: unknown[] = [];
    const config = { ...query, token: 'test-token', atMost: 1 };
    const gate = createPrometheusGate(config, 'canary', async (question) => {
      asked.push(question);
      return { status: 200, body: scalar('1') };
    });

    const sampler = gate.open(trial);

    expect([await sampler.sample(signal), sampler.everyMs]).toEqual([
      { kind: 'pass', said: '1, at most 1', value: 1 },
      15_000,
    ]);
    expect(asked).toEqual([
      {
        url: 'https://prometheus.example/base/api/v1/query',
        headers: { 'content-type': 'application/x-www-form-urlencoded', authorization: 'Bearer test-token' },
        body: 'query=errors%7Bstage%3D%22canary%22%7D',
      },
    ]);
  });

  it.each([
    ['nothing', vector(), 'returns nothing'],
    ['several series', vector('1', '2'), 'returns 2 series'],
    ['no number', vector('NaN'), 'returns NaN'],
    ['infinity', scalar('+Inf'), 'returns +Inf'],
    ['minus infinity', scalar('-Inf'), 'returns -Inf'],
    ['a number too large', scalar('1e999'), 'returns 1e999'],
    ['hexadecimal', scalar('0x10'), 'returns 0x10'],
    ['empty text', scalar(''), 'returns no text'],
    ['odd bytes', scalar('\u001b[2J\n'), 'returns \\u001b[2J\\n'],
    ['a matrix', { status: 'success', data: { resultType: 'matrix', result: [] } }, 'returns a matrix'],
    [
      'a histogram',
      { status: 'success', data: { resultType: 'vector', result: [{ metric: {}, histogram: [1, {}] }] } },
      'returns a histogram',
    ],
    ['a number instead of text', { status: 'success', data: { resultType: 'scalar', result: [1, 2] } }, 'documents'],
    ['another API', { hello: 'world' }, 'documents'],
    ['null', null, 'documents'],
    ['an error', { status: 'error', errorType: 'bad_data', error: 'no test-token\u0007' }, 'no ***\\u0007; correct'],
  ])('is inconclusive if the answer is %s', async (_, body, words) => {
    const gate = createPrometheusGate({ ...query, token: 'test-token', atMost: 1 }, 'canary', async () => ({
      status: 200,
      body,
    }));

    const sample = await gate.open(trial).sample(signal);

    expect(sample).toMatchObject({ kind: 'inconclusive', said: expect.stringContaining(words) });
    expect(sample.said).toMatch(/^POST https:\/\/prometheus\.example\/base\/api\/v1\/query: .*; /);
    expect(sample.value).toBeUndefined();
  });
});

describe('a metric of Konnect', () => {
  const config: KonnectGateConfig = {
    type: 'konnect',
    name: 'latency',
    metric: 'upstream_latency_p99',
    windowSeconds: 120,
    minRequests: 100,
    atMost: 300,
    maxFailed: 0,
  };
  const sampleOf = (measured: Measured, bakingMs: number | undefined) =>
    createKonnectGate(config, async () => measured)
      .open({ ...trial, bakingMs: () => bakingMs })
      .sample(signal);

  it.each([
    [undefined, 'pending'],
    [179_999, 'pending'],
    [180_000, 'pass'],
  ])('is read once its window lies in the bake: after %s ms', async (bakingMs, kind) => {
    expect((await sampleOf({ requests: 100, value: 12.345678 }, bakingMs)).kind).toBe(kind);
  });

  it('is reported with its unit', async () => {
    expect(await sampleOf({ requests: 100, value: 312.34567 }, 180_000)).toEqual({
      kind: 'fail',
      said: '312.3 ms, at most 300 ms; above its limit once, 0 allowed; see what this revision changed, or raise the limit of the metric',
      value: 312.34567,
    });
  });

  it.each([
    [{ requests: 99, value: 1 }, '99 requests in 120 s are too few, at least 100 are needed'],
    [{ requests: 0 }, '0 requests'],
    [{ requests: 100 }, 'has no upstream_latency_p99'],
  ])('is inconclusive for %j', async (measured, words) => {
    expect(await sampleOf(measured, 180_000)).toEqual({
      kind: 'inconclusive',
      said: expect.stringContaining(words),
    });
  });

  it('is read before a write, whatever was before', async () => {
    const gate = createKonnectGate({ ...config, atMostTimesBefore: 2 }, async () => ({ requests: 100, value: 7 }));

    expect(await gate.readBefore?.(signal)).toBe(7);
  });

  it('says why it could not be read', async () => {
    const failing = createKonnectGate(config, async () => {
      throw new PrivatelinkError('Konnect answered 403', { code: 'CONTROL_PLANE_AUTH', fix: 'give it the role' });
    });
    const baked = { ...trial, bakingMs: () => 180_000 };

    expect(await failing.open(baked).sample(signal)).toEqual({
      kind: 'inconclusive',
      said: 'Konnect answered 403; give it the role',
    });
    expect(await createKonnectGate(config, undefined).open(baked).sample(signal)).toMatchObject({
      kind: 'inconclusive',
      said: expect.stringContaining('not in Konnect'),
    });
  });

  it('ends with its signal', async () => {
    const own = new AbortController();
    const gate = createKonnectGate(config, async () => {
      own.abort(new Error('enough'));
      throw new Error('late');
    });

    await expect(gate.open({ ...trial, bakingMs: () => 180_000 }).sample(own.signal)).rejects.toThrow('enough');
  });
});
