import { describe, expect, it } from '@jest/globals';
import { PrivatelinkError } from '#core/errors';
import type { Discovered, Scope } from '#core/model';
import { createDiscoverer } from '#discovery/discover';
import type { Source } from '#discovery/source';
import { holdPacked } from '#io/held';
import { endpointOf } from '../../support/builders';
import { createFakeClock } from '../../support/passes';

const signal = new AbortController().signal;
const startMs = 1_800_000_000_000;
const some: Discovered = { endpoints: [endpointOf()], quarantined: [] };
const none: Discovered = { endpoints: [], quarantined: [] };

type Answer = (scope: Scope, signal: AbortSignal) => Promise<Discovered>;

function sourceOf(regions: readonly string[], discover: Answer, name = 'hub'): Source {
  const scopes = regions.map((region) => ({ id: `${name}.self.${region}`, source: name, account: 'self', region }));
  const readers = scopes.map((scope) => ({ scope, discover: (own: AbortSignal) => discover(scope, own) }));
  return { name, scopes: () => readers };
}

/** A discoverer of one scope with one answer for each pass. */
function answering(...answers: readonly (Discovered | Error)[]) {
  const clock = createFakeClock();
  const left = [...answers];
  const source = sourceOf(['us-east-1'], async () => {
    const answer = left.shift() ?? none;
    if (answer instanceof Error) throw answer;
    return answer;
  });
  // The result does not depend on the way last good is kept.
  return { clock, discoverer: createDiscoverer([source], { clock, hold: holdPacked }) };
}

const throttled = new PrivatelinkError('slow down', { code: 'THROTTLED', fix: undefined });

describe('a discoverer', () => {
  it('returns last good of an earlier process without a read, all of it unknown', async () => {
    const kept = { observedAtMs: 400, discovered: some, isRestored: true };
    const lastGoodStore = {
      read: async () => ({ known: new Map([['hub.self.us-east-1', kept]]) }),
      write: async () => ({}),
    };
    const source = sourceOf(['us-east-1', 'us-west-2'], () => Promise.reject(new Error('was read')));

    const { scopes } = await createDiscoverer([source], { clock: createFakeClock(), lastGoodStore }).restored();

    expect(scopes).toMatchObject([
      { status: 'unknown', code: 'UNCONFIRMED', lastGood: kept },
      { status: 'unknown', code: 'UNCONFIRMED', lastGood: undefined },
    ]);
  });

  it('orders scopes by id, whatever the order of sources and regions', async () => {
    const sources = [
      sourceOf(['us-west-2', 'us-east-1'], async () => none, 'hub'),
      sourceOf(['eu-west-1'], async () => none, 'b'),
    ];

    const { scopes } = await createDiscoverer(sources, { clock: createFakeClock() }).discover(signal);

    expect(scopes.map(({ scope }) => scope.id)).toEqual([
      'b.self.eu-west-1',
      'hub.self.us-east-1',
      'hub.self.us-west-2',
    ]);
  });

  it('fm-02 reports a failed scope as unknown, with the reason, while the other scope goes on', async () => {
    const source = sourceOf(['us-east-1', 'us-west-2'], async ({ region }) => {
      if (region === 'us-west-2') throw throttled;
      return some;
    });

    const { scopes } = await createDiscoverer([source], { clock: createFakeClock() }).discover(signal);

    expect(scopes).toMatchObject([
      { status: 'known', discovered: some },
      { status: 'unknown', code: 'THROTTLED', reason: 'slow down', lastGood: undefined },
    ]);
  });

  it('fm-02 keeps the last good of an unknown scope over passes, with its time', async () => {
    const { clock, discoverer } = answering(some, throttled, throttled);
    await discoverer.discover(signal);
    clock.advance(60_000);
    await discoverer.discover(signal);

    const { takenAtMs, scopes } = await discoverer.discover(signal);

    expect(takenAtMs).toBe(61_000);
    expect(scopes).toMatchObject([{ status: 'unknown', lastGood: { observedAtMs: 1_000, discovered: some } }]);
  });

  it('returns all data of one pass with the time of its begin', async () => {
    const clock = createFakeClock();
    const source = sourceOf(['us-east-1', 'us-west-2'], async () => {
      clock.advance(3_000);
      return some;
    });

    const { takenAtMs, scopes } = await createDiscoverer([source], { clock, concurrency: 1 }).discover(signal);

    expect(takenAtMs).toBe(7_000);
    expect(scopes).toMatchObject([{ observedAtMs: 1_000 }, { observedAtMs: 1_000 }]);
  });

  it.each([-6, 6])('fm-41 keeps the age and the order of known data when the clock is set by %i h', async (hours) => {
    const stepMs = hours * 3_600_000;
    const clock = createFakeClock(startMs);
    const observed = { scopeId: 'far.1.us-east-1', atMs: startMs - 5_000 };
    const bad = {
      endpointId: 'vpce-9',
      scopeId: 'hub.self.us-east-1',
      code: 'bad-tag',
      reason: 'r',
      fix: 'f',
    } as const;
    const relayed = { endpoints: [endpointOf({ observed })], quarantined: [{ ...bad, observed }] };
    const answers = [relayed, throttled, throttled];
    const source = sourceOf(['us-east-1'], async () => {
      const answer = answers.shift() ?? throttled;
      if (answer instanceof Error) throw answer;
      return { ...answer, observedAtMs: startMs - 5_000 };
    });
    const discoverer = createDiscoverer([source], { clock });
    await discoverer.discover(signal);
    clock.advance(60_000);
    clock.step(stepMs);

    const { takenAtMs, scopes, warnings } = await discoverer.discover(signal);
    clock.advance(60_000);
    const later = await discoverer.discover(signal);

    const thenMs = startMs - 5_000 + stepMs;
    const moved = { observed: { ...observed, atMs: thenMs } };
    expect(takenAtMs).toBe(startMs + 60_000 + stepMs);
    expect(scopes).toMatchObject([
      { lastGood: { observedAtMs: thenMs, discovered: { endpoints: [moved], quarantined: [moved] } } },
    ]);
    expect(warnings).toEqual([
      expect.stringMatching(`set ${hours > 0 ? 'forward' : 'back'} by 21600 s.*check what sets`),
    ]);
    expect(later.scopes).toMatchObject([{ lastGood: { observedAtMs: thenMs } }]);
    expect(later.warnings).toEqual([]);
  });

  it.each([-6, 6])('fm-41 returns no impossible age when the clock is set by %i h during a pass', async (hours) => {
    const clock = createFakeClock(startMs);
    const source = sourceOf(['us-east-1', 'us-west-2'], async ({ region }) => {
      clock.advance(2_000);
      if (region === 'us-west-2') clock.step(hours * 3_600_000);
      return some;
    });

    const { takenAtMs, scopes } = await createDiscoverer([source], { clock, concurrency: 1 }).discover(signal);

    expect(scopes.map((state) => state.status === 'known' && takenAtMs - state.observedAtMs)).toEqual([4_000, 4_000]);
  });

  it('fm-41 moves future times of an earlier process to now, in their order, and says so', async () => {
    const clock = createFakeClock(startMs);
    const aheadMs = 6 * 3_600_000;
    const ages = { 'us-east-1': 0, 'us-west-2': 60_000 };
    const known = new Map(
      Object.entries(ages).map(([region, ageMs]) => {
        const observedAtMs = startMs + aheadMs - ageMs;
        return [`hub.self.${region}`, { observedAtMs, discovered: some, isRestored: true }] as const;
      }),
    );
    const lastGoodStore = { read: async () => ({ known }), write: async () => ({}) };
    const source = sourceOf(Object.keys(ages), async () => Promise.reject(throttled));

    const { takenAtMs, scopes, warnings } = await createDiscoverer([source], { clock, lastGoodStore }).restored();

    expect(
      scopes.map((state) => state.status === 'unknown' && takenAtMs - (state.lastGood?.observedAtMs ?? 0)),
    ).toEqual([0, 60_000]);
    expect(warnings).toEqual([expect.stringContaining('21600 s in the future')]);
  });

  it('fm-38 observes nothing after the pass began, whatever a source returns', async () => {
    const source = sourceOf(['us-east-1'], async () => ({ ...some, observedAtMs: 5_000 }));

    const { scopes } = await createDiscoverer([source], { clock: createFakeClock() }).discover(signal);

    expect(scopes).toMatchObject([{ observedAtMs: 1_000 }]);
  });

  it('fm-01 keeps the last good of a scope that suddenly lists nothing', async () => {
    const { discoverer } = answering(some, none);
    await discoverer.discover(signal);

    expect((await discoverer.discover(signal)).scopes).toMatchObject([
      { status: 'unknown', code: 'UNCONFIRMED', lastGood: { discovered: some } },
    ]);
  });

  it('fm-01 keeps the last good of a scope, however often another lists nothing', async () => {
    const left: Readonly<Record<string, Discovered[]>> = { a: [some, some, none], b: [none, none, none] };
    const source = sourceOf(['a', 'b'], async ({ region }) => left[region]?.shift() ?? none);
    const discoverer = createDiscoverer([source], { clock: createFakeClock() });
    await discoverer.discover(signal);
    await discoverer.discover(signal);

    expect((await discoverer.discover(signal)).scopes).toMatchObject([
      { status: 'unknown', code: 'UNCONFIRMED', lastGood: { discovered: some } },
      { status: 'known', discovered: none },
    ]);
  });

  it('fm-04 believes the second empty answer in a row, and forgets the last good', async () => {
    const { discoverer } = answering(some, none, none, throttled);
    await discoverer.discover(signal);
    await discoverer.discover(signal);

    const empty = await discoverer.discover(signal);
    const failed = await discoverer.discover(signal);

    expect(empty.scopes).toMatchObject([{ status: 'known', discovered: none }]);
    expect(failed.scopes).toMatchObject([{ status: 'unknown', lastGood: { discovered: none } }]);
  });

  it('fm-06 knows the scope again as soon as it answers', async () => {
    const { discoverer } = answering(throttled, some);
    await discoverer.discover(signal);

    expect((await discoverer.discover(signal)).scopes).toMatchObject([{ status: 'known', discovered: some }]);
  });

  it('maps an unexpected error to BAD_ANSWER, with the name of the scope', async () => {
    const { discoverer } = answering(new TypeError('x is not a function'));

    expect((await discoverer.discover(signal)).scopes).toMatchObject([
      { status: 'unknown', code: 'BAD_ANSWER', reason: expect.stringContaining('hub.self.us-east-1') },
    ]);
  });

  it('reads at most the configured number of scopes at once', async () => {
    let running = 0;
    let most = 0;
    const source = sourceOf(['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i'], async () => {
      running += 1;
      most = Math.max(most, running);
      await new Promise((resolve) => setImmediate(resolve));
      running -= 1;
      return none;
    });

    await createDiscoverer([source], { clock: createFakeClock(), concurrency: 4 }).discover(signal);

    expect(most).toBe(4);
  });

  it('gives up a late scope, even if the source ignores its signal', async () => {
    const source = sourceOf(['us-east-1'], () => new Promise(() => {}));

    const { scopes } = await createDiscoverer([source], {
      clock: createFakeClock(),
      scopeTimeoutSeconds: 0.01,
    }).discover(signal);

    expect(scopes).toMatchObject([{ status: 'unknown', code: 'TIMEOUT', reason: expect.stringContaining('0.01 s') }]);
  });

  it("rejects with the caller's reason when it is aborted", async () => {
    const controller = new AbortController();
    const source = sourceOf(['us-east-1'], () => new Promise(() => {}));
    const pass = createDiscoverer([source], { clock: createFakeClock() }).discover(controller.signal);

    controller.abort(new Error('stopped'));

    await expect(pass).rejects.toThrow('stopped');
  });

  it('starts nothing when it is already aborted', async () => {
    let calls = 0;
    const source = sourceOf(['us-east-1'], async () => {
      calls += 1;
      return none;
    });

    const pass = createDiscoverer([source], { clock: createFakeClock() }).discover(
      AbortSignal.abort(new Error('stopped')),
    );

    await expect(pass).rejects.toThrow('stopped');
    expect(calls).toBe(0);
  });
});
