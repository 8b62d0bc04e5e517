import { describe, expect, it } from '@jest/globals';
import { makePlan } from '#sync/plan/plan';
import { createsOf, documentOf } from '../../../support/control-planes/konnect';
import { defaultPolicy } from '../../../support/passes';

const held = createsOf(documentOf('sd2', 2)).flatMap(({ id, after }) => (after ? [{ ...after, id }] : []));

describe('makePlan', () => {
  it('decides once on an entity that is held twice under one name', () => {
    const twice = held.flatMap((one) => (one.kind === 'target' ? [one, { ...one, id: `${one.id}-again` }] : [one]));
    const plan = makePlan({
      desired: documentOf('sd2', 2).filter((one) => one.kind !== 'target'),
      held: twice,
      settings: {},
      evidence: () => ({ is: 'gone', reason: 'AWS says so' }),
      policy: { ...defaultPolicy, maxRemovePercent: 100 },
      absences: {},
      allScopesAnswered: true,
      elapsedMs: 0,
    });

    const asked = [...plan.changes, ...plan.kept].map(({ key }) => key);
    expect(asked.length).toBeGreaterThan(0);
    expect(new Set(asked).size).toBe(asked.length);
  });
});
