import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { PrometheusGateConfig } from '#config/rollout';
import { createAsk, openDispatcher } from '#sync/rollout/gates/ask';
import { createPrometheusGate } from '#sync/rollout/gates/prometheus';
import { describeUnlessLacking } from '../support/needing';
import { lackingPrometheus, type Prometheus, startPrometheus } from '../support/watch/prometheus';

const signal = new AbortController().signal;

describeUnlessLacking(lackingPrometheus, 'a gate on real answers of Prometheus', () => {
  let folder: string;
  let prometheus: Prometheus;

  const sample = (query: string) => {
    const config: PrometheusGateConfig = {
      ...{ type: 'prometheus', name: 'x', address: prometheus.url, query, atMost: 10, maxFailed: 0, everySeconds: 15 },
    };
    return createPrometheusGate(config, 'canary', createAsk(openDispatcher()))
      .open({ bakingMs: () => 0, settleMs: 0 })
      .sample(signal);
  };

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'kong-privatelink-'));
    prometheus = await startPrometheus(folder);
  });

  afterAll(async () => {
    await prometheus?.close();
    rmSync(folder, { recursive: true });
  });

  it.each([
    ['a number', '7', { kind: 'pass', value: 7 }],
    ['a small number', '1e-12', { kind: 'pass', value: 1e-12 }],
    ['a vector of one', 'vector(7)', { kind: 'pass', value: 7 }],
    ['a number above the limit', 'vector(11)', { kind: 'fail', value: 11 }],
    ['nothing', 'kong_http_requests_total{stage="{stage}"}', { kind: 'inconclusive' }],
    ['a share of nothing', 'vector(0) / vector(0)', { kind: 'inconclusive' }],
    ['an infinite share', 'vector(1) / vector(0)', { kind: 'inconclusive' }],
    [
      'two series',
      'label_replace(vector(1), "a", "1", "", "") or label_replace(vector(2), "a", "2", "", "")',
      { kind: 'inconclusive', said: expect.stringContaining('gives 2 series') },
    ],
    ['text', '"x"', { kind: 'inconclusive', said: expect.stringContaining('gives a string') }],
    ['an invalid query', 'sum(', { kind: 'inconclusive', said: expect.stringContaining('correct the query') }],
  ])('judges %s', async (_, query, expected) => {
    expect(await sample(query)).toMatchObject(expected);
  });
});
