import { describe, expect, it } from '@jest/globals';
import type { LastGood } from '#core/model';
import { createHeldGoods } from '#discovery/held-goods';
import { type HoldValue, holdPacked } from '#io/held';
import { endpointOf } from '../../support/builders';

const good: LastGood = {
  observedAtMs: 1,
  accountId: '111111111111',
  discovered: { endpoints: [endpointOf()], quarantined: [] },
};

describe('createHeldGoods', () => {
  it('keeps each scope once it rests, and only later changes', () => {
    const kept: unknown[] = [];
    const hold: HoldValue = (value) => {
      kept.push(value);
      return holdPacked(value);
    };
    const goods = createHeldGoods(hold);
    goods.set('one', good);
    const atHand = goods.get('one');
    goods.rest();
    goods.set('two', { ...good, observedAtMs: 2 });
    goods.rest();

    expect(atHand).toBe(good);
    expect(kept).toEqual([good, { ...good, observedAtMs: 2 }]);
    expect([goods.get('one'), goods.get('two')?.observedAtMs, goods.accountOf('one')]).toEqual([
      good,
      2,
      good.accountId,
    ]);
  });

  it('changes resting data, and forgets a scope that was set or rests', () => {
    const goods = createHeldGoods(holdPacked);
    goods.set('one', good);
    goods.set('two', good);
    goods.rest();
    goods.change((one) => ({ ...one, observedAtMs: one.observedAtMs + 10 }));
    goods.forget('two');
    goods.rest();

    expect([goods.has('one'), goods.has('two')]).toEqual([true, false]);
    expect([goods.get('one'), goods.get('two')]).toEqual([{ ...good, observedAtMs: 11 }, undefined]);
  });
});
