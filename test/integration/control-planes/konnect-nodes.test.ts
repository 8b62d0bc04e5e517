import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type Konnect, startKonnect } from '#sandbox/konnect/konnect';
import { backendOf } from '#sync/control-planes/backends';
import { signal, token } from '../../support/control-planes/konnect';

/**
 * An hour of Konnect's own, whatever this machine's clock shows; half a minute after a full one.
 */
const nowMs = Date.parse('2027-01-15T08:30:30Z');
const now = () => nowMs;

let konnect: Konnect;

beforeEach(async () => {
  konnect = await startKonnect({ controlPlanes: [{ name: 'prod' }, { name: 'other' }], token, now });
});

afterEach(() => konnect.close());

const backendsOfPlane = ['konnect', 'deck'] as const;

const open = (type: (typeof backendsOfPlane)[number] = 'konnect') =>
  backendOf({ type, address: konnect.url, name: 'prod', token, concurrency: 4 });

const report = (id: string, configHash: string, lastPing = nowMs / 1_000) =>
  konnect.reportNode('prod', { id, hostname: `host-${id}`, configHash, lastPing });

describe.each(backendsOfPlane)('nodes of type %s', (type) => {
  it('are those with a recent ping, with a readable name, their hash and the expected hash', async () => {
    report('a', konnect.configHash('prod'));
    report('b', 'old');
    report('c', '');
    report('gone', konnect.configHash('prod'), nowMs / 1_000 - 61);

    const nodes = await open(type).readNodes?.(signal);

    expect(nodes).toEqual({
      expectedHash: konnect.configHash('prod'),
      connected: [
        { name: 'host-a (a)', hash: konnect.configHash('prod') },
        { name: 'host-b (b)', hash: 'old' },
        { name: 'host-c (c)', hash: undefined },
      ],
    });
  });
});

describe('nodes', () => {
  it('are listed first, and the expected hash is read only if a node is connected', async () => {
    const { readNodes } = open();
    await readNodes?.(signal);
    report('a', 'old');
    const without = konnect.calls.map(({ path }) => path.replace(/.*\/|\?.*/g, ''));
    konnect.resetCalls();

    await readNodes?.(signal);

    expect(without).toEqual(['control-planes', 'nodes']);
    expect(konnect.calls.map(({ path }) => path.replace(/\?.*|.*\//g, '')).slice(-1)).toEqual(['expected-config-hash']);
    expect(konnect.calls).toHaveLength(3);
  });

  it.each([
    ['admin', { type: 'admin', address: 'http://127.0.0.1:1', workspace: 'default', concurrency: 1 }],
    ['file', { type: 'file', path: 'kong.yaml' }],
    ['deck without a name', { type: 'deck', address: 'http://127.0.0.1:1' }],
  ] as const)('are not readable from a control plane of type %s', (_, config) => {
    const backend = backendOf(config);

    expect([backend.readNodes, backend.measure]).toEqual([undefined, undefined]);
  });
});

describe('a measure', () => {
  const errors = { metric: 'error_rate', windowSeconds: 150 } as const;

  it.each([
    ['error_rate', 1.5],
    ['upstream_latency_p99', 240],
  ] as const)('is %s of this control plane, with its requests, in one call', async (metric, value) => {
    konnect.setMeasures('prod', { request_count: 12, error_rate: 1.5, upstream_latency_p99: 240 });
    konnect.setMeasures('other', { request_count: 99, error_rate: 9, upstream_latency_p99: 9 });

    const measured = await open().measure?.({ metric, windowSeconds: 120 }, signal);

    expect(measured).toEqual({ requests: 12, value });
    expect(konnect.calls.filter(({ method }) => method === 'POST')).toHaveLength(1);
  });

  it('has no value without requests, or when Konnect does not count them', async () => {
    const nobody = await open().measure?.(errors, signal);
    konnect.setMeasures('prod', { request_count: 3, error_rate: null });

    expect([nobody, await open().measure?.(errors, signal)]).toEqual([{ requests: 0 }, { requests: 3 }]);
  });

  it('is refused with a message that names the missing permission', async () => {
    konnect.inject({ kind: 'status', status: 403, path: /metrics/ });

    await expect(open().measure?.(errors, signal)).rejects.toMatchObject({
      code: 'CONTROL_PLANE_AUTH',
      fix: expect.stringContaining('Analytics Viewer'),
    });
  });
});
