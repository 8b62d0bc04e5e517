import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { configSchema } from '#config/schema';
import { ok } from '#sync/control-planes/diagnosis';
import type { Check } from '#sync/doctor/check';
import { checksOf } from '#sync/doctor/checks';
import { type Context, discoveryTimeoutMs } from '#sync/doctor/context';
import { checkScopes } from '#sync/doctor/discovery-checks';
import { checkNode, runChecks } from '#sync/doctor/examine';
import { oldestNode, version } from '#sync/pass/version';

const source = { type: 'vpc-endpoints', name: 'hub', regions: ['us-east-1'] };
const shared = new Error('no answer');
const signal = new AbortController().signal;
const never = new Promise<never>(() => undefined);

/** The shared part of the checks, in which `held` cannot be read. */
function contextOf(over: Partial<Context> = {}): Context {
  const context = { session: Promise.resolve(), snapshot: Promise.resolve(), held: Promise.reject(shared), ...over };
  return context as unknown as Context;
}

function check(name: string, run: Check['run'], isAdvisory?: boolean): Check {
  return { name, run, isAdvisory };
}

describe('runChecks', () => {
  it('returns the results in the order of the table, whichever ends first', async () => {
    let release = () => {};
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    const slow = check('slow', async () => gate.then(() => [ok('late'), { ...ok('late'), about: 'b' }]));
    const fast = check('fast', async () => {
      release();
      return [ok('early')];
    });

    const results = await runChecks([slow, fast], contextOf(), signal);

    expect(results.map((one) => one.check)).toEqual(['slow', 'slow b', 'fast']);
  });

  it('runs the others when one throws, which is a failure, or a warning for an advisory check', async () => {
    const throwing = async () => {
      throw new Error('a:\n  b\n  c');
    };

    const results = await runChecks(
      [check('one', throwing), check('two', throwing, true), check('three', async () => [ok('fine')])],
      contextOf(),
      signal,
    );

    expect(results).toEqual([
      { check: 'one', result: 'failed', detail: 'a: b; c' },
      { check: 'two', result: 'warning', detail: 'a: b; c' },
      { check: 'three', result: 'ok', detail: 'fine' },
    ]);
  });

  it('reports a shared cause of several checks once', async () => {
    const needsHeld: Check['run'] = async ({ held }) => [ok(`${(await held).length}`)];

    const results = await runChecks([check('one', needsHeld), check('two', needsHeld)], contextOf(), signal);

    expect(results).toEqual([
      { check: 'one', result: 'failed', detail: 'no answer' },
      { check: 'two', result: 'warning', detail: 'not checked: see one' },
    ]);
  });

  it("rejects with the signal's reason when stopped", async () => {
    const controller = new AbortController();
    const running = runChecks([check('one', () => never)], contextOf(), controller.signal);

    controller.abort(new Error('stopped'));

    await expect(running).rejects.toThrow('stopped');
  });
});

describe('a check that never ends', () => {
  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => void jest.useRealTimers());

  it('fails after ten seconds, and the others are reported', async () => {
    const running = runChecks([check('one', () => never), check('two', async () => [ok('fine')])], contextOf(), signal);

    await jest.advanceTimersByTimeAsync(10_000);

    expect(await running).toMatchObject([
      { check: 'one', result: 'failed', detail: expect.stringContaining('did not answer within 10 s') },
      { check: 'two', result: 'ok' },
    ]);
  });
});

describe('discovery of many scopes', () => {
  it.each([
    [1, 10_000],
    [50, 10_000],
    [51, 18_000],
    [2_000, 322_000],
  ])('of %i has enough time to name each silent scope: %i ms', (scopes, expected) => {
    expect(discoveryTimeoutMs(scopes)).toBe(expected);
  });

  it('has a line for each scope with endpoints, and one line for all scopes without any or with one fault', async () => {
    const known = (id: string, endpoints: number) => ({
      status: 'known',
      scope: { id },
      observedAtMs: 0,
      discovered: { endpoints: Array(endpoints).fill({}), quarantined: [] },
    });
    const unknown = (id: string) => ({ status: 'unknown', scope: { id }, code: 'TIMEOUT', reason: 'no answer' });
    const empty = Array.from({ length: 9 }, (_, index) => known(`c${index}`, 0));
    const scopes = [known('a', 0), known('b', 2), ...empty, unknown('d'), unknown('e')];
    const context = { snapshot: Promise.resolve({ takenAtMs: 0, scopes }) } as unknown as Context;

    const lines = await checkScopes(context);

    expect(lines.map(({ about, detail }) => `${about}: ${detail}`)).toEqual([
      'a and 9 more: read; endpoints: 0 (a, c0, c1, c2, c3, c4, c5, c6 and 2 more)',
      'b: read; endpoints: 2',
      'd and 1 more: no answer (d, e)',
    ]);
  });
});

describe('checkNode', () => {
  it.each([
    ['18.20.0', 'failed'],
    ['20.9.0', 'failed'],
    [oldestNode, 'ok'],
    ['20.20.2', 'ok'],
    ['100.0.0', 'ok'],
  ])('judges %s as %s', (node, result) => {
    expect(checkNode(node).result).toBe(result);
  });

  it('reads the oldest supported version from the package', () => {
    expect(oldestNode).toMatch(/^\d+\.\d+\.\d+$/);
    expect(version).not.toBe(oldestNode);
  });
});

describe('the table of checks', () => {
  it.each([
    { type: 'konnect', name: 'prod', token: 'test-token' },
    { type: 'file', path: 'kong.yaml' },
  ])('names each check once: %o', (controlPlane) => {
    const names = checksOf(configSchema.parse({ owner: 'test', sources: [source], controlPlane }), true).map(
      ({ name }) => name,
    );

    expect(new Set(names).size).toBe(names.length);
  });
});
