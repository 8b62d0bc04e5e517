import type { LastGood } from '#core/model';
import type { HoldValue } from '#io/held';

type Held = Pick<LastGood, 'accountId'> & { readonly read: () => LastGood };

/** What was last known of each scope, by its id. */
export type HeldGoods = ReturnType<typeof createHeldGoods>;

/** It is at hand from when it is set until `rest`, which keeps it as `hold` does. */
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
