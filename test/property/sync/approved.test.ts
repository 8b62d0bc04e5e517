import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { uuidOf } from '#core/uuid';
import type { Entity } from '#deck/document';
import { nameOf } from '#deck/document';
import { parsePlan, serialisePlan } from '#sync/pass/plan-file';
import { approve } from '#sync/plan/approval';
import type { Change } from '#sync/plan/changes';
import { brake } from '#sync/plan/removals/brake';
import { createsOf, documentOf } from '../../support/control-planes/konnect';
import { defaultPolicy } from '../../support/passes';

const entities: readonly Entity[] = ['sd2', 'sd3'].flatMap((name) => documentOf(name, 3));

const change: fc.Arbitrary<Change> = fc
  .record({
    entity: fc.constantFrom(...entities),
    action: fc.constantFrom('create' as const, 'update' as const, 'delete' as const),
    weight: fc.constantFrom(1, 2),
    isConfirmed: fc.boolean(),
  })
  .map(({ entity, action, weight, isConfirmed }) => {
    const { kind, key, domain } = entity;
    const after = { ...entity, fields: { ...entity.fields, weight } };
    const common = { kind, key, domain, id: uuidOf(nameOf(entity)), reason: 'test' };
    return action === 'delete' ? { ...common, action, isConfirmed, before: entity } : { ...common, action, after };
  });

const rank = ['create', 'update', 'delete'];
const plan = fc
  .uniqueArray(change, { selector: nameOf, maxLength: 12 })
  .map((changes) => [...changes].sort((a, b) => rank.indexOf(a.action) - rank.indexOf(b.action)));

/** What a change does, without why. */
function deedOf({ action, kind, key, after }: Change): string {
  return JSON.stringify([action, kind, key, after]);
}

describe('an approved plan', () => {
  it('lets only its own changes through', () => {
    fc.assert(
      fc.property(plan, plan, (planned, approved) => {
        const deeds = new Set(approved.map(deedOf));
        for (const one of approve(planned, approved).changes) expect(deeds.has(deedOf(one))).toBe(true);
      }),
    );
  });

  it('refuses exactly those plans with an update or a removal that it lacks', () => {
    fc.assert(
      fc.property(plan, plan, (planned, approved) => {
        const deeds = new Set(approved.map(deedOf));
        const isForeign = planned.some((one) => one.action !== 'create' && !deeds.has(deedOf(one)));
        expect(approve(planned, approved).problem !== undefined).toBe(isForeign);
      }),
    );
  });

  it('accounts for every planned change: written, left out, or refused', () => {
    fc.assert(
      fc.property(plan, plan, (planned, approved) => {
        const { changes, leftOut } = approve(planned, approved);
        expect([...changes, ...leftOut.map((one) => one.change)].map(nameOf).sort()).toEqual(
          planned.map(nameOf).sort(),
        );
      }),
    );
  });

  it('does not change when it is written and read', () => {
    fc.assert(
      fc.property(plan, (changes) => {
        const file = { owner: 'test', controlPlane: { type: 'konnect', id: 'x' }, createdAtMs: 1, changes };
        const read = parsePlan(serialisePlan(file), 'plan.json');
        expect(read).toEqual(file);
      }),
    );
  });
});

describe('the brake', () => {
  it('never refuses a plan because more removals are allowed', () => {
    const held = createsOf(documentOf('sd2', 40)).flatMap(({ id, after }) => (after ? [{ ...after, id }] : []));
    const targets = held.filter((one) => one.kind === 'target');
    fc.assert(
      fc.property(fc.nat(40), fc.nat(40), fc.nat(40), (removed, allowed, more) => {
        const changes = targets.slice(0, removed).map((one) => ({ ...one, action: 'delete' as const, reason: '' }));
        const isRefused = (allowRemovals: number) =>
          brake(changes, held, { ...defaultPolicy, allowRemovals }).withheld !== undefined;
        expect(isRefused(allowed + more) && !isRefused(allowed)).toBe(false);
      }),
    );
  });
});
