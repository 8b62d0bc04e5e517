import { describe, expect, it } from '@jest/globals';
import { PrivatelinkError } from '#core/errors';
import { applyChanges } from '#sync/control-planes/apply';
import { planRetirement, unknownDomain, whyClaimed } from '#sync/plan/retire';
import { endpointOf, knownScope, snapshotOf, unknownScope } from '../../../support/builders';
import { createsOf, documentOf, signal } from '../../../support/control-planes/konnect';
import { createMemoryControlPlane } from '../../../support/control-planes/memory';
import { createFakeClock } from '../../../support/passes';

const held = ['sd2', 'sd3']
  .flatMap((name) => createsOf(documentOf(name, 2)))
  .flatMap(({ id, after }) => (after ? [{ ...after, id }] : []));

describe('planRetirement', () => {
  it('stops requests first, and removes nothing of another domain', () => {
    const changes = planRetirement('sd2', [...held].reverse());

    expect(changes.map(({ action, kind, key }) => `${action} ${kind} ${key}`)).toEqual([
      'delete route sd2',
      'delete plugin sd2|rate-limiting',
      'delete service sd2',
      'delete target sd2.privatelink|10.0.0.0:80',
      'delete target sd2.privatelink|10.0.0.1:80',
      'delete upstream sd2.privatelink',
    ]);
  });

  it('finds the upstream of each target', () => {
    const changes = planRetirement('sd2', held);
    const upstream = changes.find((one) => one.kind === 'upstream');

    expect(new Set(changes.filter((one) => one.kind === 'target').map((one) => one.parentId))).toEqual(
      new Set([upstream?.id]),
    );
  });

  it('removes the deletable targets, where one target cannot be deleted', async () => {
    const controlPlane = createMemoryControlPlane('test');
    controlPlane.failWith = ({ key }) =>
      key === 'sd2.privatelink|10.0.0.0:80'
        ? new PrivatelinkError('no', { code: 'CONTROL_PLANE', fix: undefined })
        : undefined;
    const options = { controlPlane, clock: createFakeClock(), concurrency: 1, signal };

    const { results } = await applyChanges(planRetirement('sd2', held), options);

    expect(results.filter(({ change }) => change.kind === 'target').map(({ outcome }) => outcome)).toEqual([
      'failed',
      'applied',
    ]);
  });

  it('plans nothing for an unknown domain', () => {
    expect(planRetirement('sd9', held)).toEqual([]);
  });
});

describe('unknownDomain', () => {
  it('names the existing domains', () => {
    expect(unknownDomain('sd9', held)).toBe('the control plane holds nothing of domain sd9; it holds: sd2, sd3');
    expect(unknownDomain('sd9', [])).toBe('the control plane holds nothing of domain sd9; it holds: no domain');
  });
});

describe('whyClaimed', () => {
  const nothing = { snapshot: snapshotOf(knownScope([])), held: [], desired: [], mayClaim: () => false };

  it.each([
    ['sd2', 'vpce-1 can be used and claims domain sd2'],
    ['sd9', undefined],
  ])('returns for %s: %s', (domain, message) => {
    const claimed = whyClaimed(domain, { ...nothing, desired: documentOf('sd2', 2) });

    expect(claimed?.reason.slice(0, message?.length)).toBe(message);
  });

  it('fm-36 names an endpoint that is being modified, because it goes on serving', () => {
    const snapshot = snapshotOf(knownScope([endpointOf({ state: 'pending' })]));

    expect(whyClaimed('sd2', { ...nothing, snapshot })?.reason).toContain('vpce-1 is pending and claims domain sd2');
  });

  it('fm-36 names an endpoint in use with unreadable tags', () => {
    const quarantined = {
      endpointId: 'vpce-1',
      scopeId: 'hub.self.us-east-1',
      code: 'bad-tag',
      reason: 'r',
      fix: 'f',
    } as const;
    const snapshot = snapshotOf(knownScope([], [quarantined]));

    expect(whyClaimed('sd2', { ...nothing, snapshot, held })?.reason).toContain(
      'vpce-1 is in use, though quarantined,',
    );
  });

  it.each([
    ['holds targets of the domain', 'sd2', () => false, 'targets of the domain are from scope hub.self.us-east-1'],
    ['may claim the domain', 'sd9', () => true, 'scope hub.self.us-east-1 may claim it'],
    ['has nothing to do with it', 'sd9', () => false, undefined],
  ])('fm-36 explains an unknown scope that %s', (_, domain, mayClaim, message) => {
    const claimed = whyClaimed(domain, { ...nothing, snapshot: snapshotOf(unknownScope()), held, mayClaim });

    expect(claimed?.reason.slice(0, message?.length)).toBe(message);
  });
});
