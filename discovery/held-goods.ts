import type { LastGood } from '#core/model';
import type { HoldValue } from '#io/held';

type Held = Pick<LastGood, 'accountId'> & { readonly read: () => LastGood };

/** The last good answer of each scope, by scope id. */
export type HeldGoods = ReturnType<typeof createHeldGoods>;

/** Keeps an answer directly from `set` until `rest`; from then on `hold` keeps it. */
export function createHeldGoods(hold: HoldValue) {
  const all = new Map<string, Held>();
  const atHand = new Map<string, LastGood>();

  function set(id: string, good: LastGood): void {
    atHand.set(id, good);
    all.set(id, { accountId: good.accountId, read: () => good });
  }

  return {
    set,
    has: (id: string): boolean => all.has(id),
    get: (id: string): LastGood | undefined => all.get(id)?.read(),
    accountOf: (id: string): string | undefined => all.get(id)?.accountId,
    change: (how: (good: LastGood) => LastGood): void => {
      for (const [id, { read }] of all) set(id, how(read()));
    },
    forget: (id: string): void => {
      all.delete(id);
      atHand.delete(id);
    },
    rest: (): void => {
      for (const [id, good] of atHand) all.set(id, { accountId: good.accountId, read: hold(good) });
      atHand.clear();
    },
  };
}
