import { describe, expect, it } from '@jest/globals';
import { PrivatelinkError } from '#core/errors';
import { shortfalls } from '#sync/watch/metrics/shortfalls';
import { deleted, endpointOf, hubScope, knownScope, tenEndpoints, unknownScope } from '../../../support/builders';
import { defaultPolicy } from '../../../support/passes';
import { openWatch } from '../../../support/watch/memory';

const other = endpointOf({ id: 'vpce-2', addresses: [{ ip: '10.0.3.11', region: 'us-east-1' }] });
const west = { ...hubScope, id: 'hub.self.us-west-2', region: 'us-west-2' };
const failing = (code: 'REJECTED' | 'CONTROL_PLANE' | 'RATE_LIMITED') =>
  new PrivatelinkError('no', { code, fix: undefined });

type Watch = ReturnType<typeof openWatch>;

function shortfallOf({ metric }: Watch): readonly string[] {
  return shortfalls.filter((reason) => metric('pass_shortfall', { reason }) === 1);
}

/** Faults after a successful first pass. Each makes the next pass no success. */
const faults: readonly (readonly [string, readonly string[], (watch: Watch) => void])[] = [
  [
    'the control plane is away',
    ['failed'],
    ({ plane }) => Object.assign(plane, { read: () => Promise.reject(new Error('unreachable')) }),
  ],
  ['AWS is away', ['scopes_unknown'], ({ seeScopes }) => seeScopes(unknownScope(tenEndpoints))],
  [
    'one scope of two is away',
    ['scopes_unknown'],
    ({ seeScopes }) => seeScopes(knownScope(tenEndpoints), unknownScope(undefined, west)),
  ],
  [
    'AWS takes no credentials',
    ['failed', 'scopes_unknown'],
    ({ seeScopes }) => seeScopes({ status: 'unknown', scope: hubScope, code: 'CREDENTIALS', reason: 'expired' }),
  ],
  ['the brake withholds removals', ['withheld'], ({ see }) => see(...deleted(tenEndpoints))],
  [
    'an entity is invalid, and what depends on it is not tried',
    ['rejected', 'changes_failed', 'changes_skipped'],
    ({ plane, see }) => {
      plane.failWith = ({ kind }) => (kind === 'upstream' ? failing('REJECTED') : undefined);
      see(...tenEndpoints, { ...other, domain: 'sd9' });
    },
  ],
  [
    'the name of an entity is taken',
    ['changes_failed'],
    ({ plane, see }) => {
      plane.failWith = () => failing('CONTROL_PLANE');
      see(...tenEndpoints, other);
    },
  ],
];

describe('a success', () => {
  it.each(faults)('fm-63 is missing where %s: %j', async (_, reasons, strike) => {
    const watch = openWatch();
    const successAt = () => watch.metric('last_success_timestamp_seconds');
    watch.see(...tenEndpoints);
    await watch.run();
    watch.clock.advance(60_000);
    const before = successAt();
    strike(watch);

    await watch.run();

    expect(before).toBe(1);
    expect(shortfallOf(watch)).toEqual(reasons);
    expect([successAt(), watch.metric('last_pass_timestamp_seconds')]).toEqual([before, 61]);
  });

  it('fm-63 is missing where the whole plan is refused', async () => {
    const watch = openWatch({ mostOfKind: 1 });

    await watch.run();

    expect(shortfallOf(watch)).toEqual(['refused']);
    expect(watch.metric('plan_refused', { reason: 'limit' })).toBe(1);
    expect(watch.metric('last_success_timestamp_seconds')).toBe(0);
  });

  it('is missing while changes wait for the window, and comes with them', async () => {
    const watch = openWatch();
    await watch.run();
    watch.clock.advance(10_000);
    watch.see(endpointOf(), other);
    await watch.run();
    const waiting = shortfallOf(watch);
    watch.clock.advance(20_000);
    await watch.run();

    expect([waiting, shortfallOf(watch)]).toEqual([['held'], []]);
    expect(watch.metric('last_success_timestamp_seconds')).toBe(31);
  });

  it('returns as soon as the fault is gone', async () => {
    const watch = openWatch();
    watch.seeScopes(unknownScope([endpointOf()]));
    await watch.run();
    watch.clock.advance(60_000);
    watch.see(endpointOf());
    await watch.run();

    expect(watch.metric('last_success_timestamp_seconds')).toBe(61);
  });
});

describe('the counters of a pass', () => {
  it('show why scopes are unknown, even while the control plane is down too', async () => {
    const { plane, run, seeScopes, metric } = openWatch();
    Object.assign(plane, { read: () => new Promise((_, reject) => setImmediate(reject, new Error('unreachable'))) });
    seeScopes(unknownScope([endpointOf()]));
    await run();

    expect(metric('scopes_unknown', { code: 'THROTTLED' })).toBe(metric('scopes_unknown'));
    expect(metric('scopes_unknown')).toBe(1);
    expect(metric('passes_failed_total', { code: 'other' })).toBe(1);
  });

  it('show the kinds of changes, and why changes failed', async () => {
    const { plane, run, metric } = openWatch();
    plane.failWith = ({ kind }) => (kind === 'service' ? failing('RATE_LIMITED') : undefined);
    await run();

    expect(metric('changes_applied_total', { action: 'create', kind: 'target' })).toBe(2);
    expect(metric('changes_failed_total', { kind: 'service', code: 'RATE_LIMITED' })).toBe(1);
    expect(metric('changes_skipped_total', { kind: 'route' })).toBe(1);
    expect(metric('passes_failed_total', { code: 'RATE_LIMITED' })).toBe(1);
  });

  it('show the kinds of withheld changes', async () => {
    const { run, see, metric } = openWatch({ policy: { ...defaultPolicy, maxRemovePercent: 0 } });
    see(...tenEndpoints);
    await run();
    see(...deleted(tenEndpoints));
    await run();

    expect(metric('changes_withheld', { kind: 'target' })).toBe(10);
    expect([metric('plan_refused', { reason: 'brake' }), metric('plan_refused', { reason: 'limit' })]).toEqual([1, 0]);
  });

  it('show why endpoints are quarantined', async () => {
    const { run, seeScopes, metric } = openWatch();
    const bad = { endpointId: 'vpce-9', scopeId: hubScope.id, code: 'bad-tag', reason: 'r', fix: 'f' } as const;
    seeScopes(knownScope([endpointOf()], [bad]));
    await run();

    expect(metric('endpoints_quarantined', { code: 'bad-tag' })).toBe(1);
    expect(metric('endpoints_quarantined')).toBe(1);
    expect(metric('last_success_timestamp_seconds')).toBe(1);
  });
});
