import type { Snapshot } from '#core/model';
import { lastGoodOf } from '#core/snapshot';
import type { Routes } from '../reach/resolve';
import type { FromDiscovery } from './messages';

type Names = Extract<FromDiscovery, { kind: 'names' }>;

/** Posts the names of all domains where they changed, from when somebody asks for them on. */
export function createNamePosts(post: (message: FromDiscovery) => void) {
  let isAskedFor = false;
  let told: Names | undefined;
  let last: Names | undefined;

  function tellNew(): void {
    if (!isAskedFor || !last || (told?.names === last.names && told.isWhole === last.isWhole)) return;
    told = last;
    post(last);
  }

  return {
    begin: (): void => {
      isAskedFor = true;
      tellNew();
    },
    tell: (routes: Routes, { scopes }: Snapshot): void => {
      const isWhole = scopes.every((state) => lastGoodOf(state) !== undefined);
      last = { kind: 'names', names: [...routes.keys()].join(' '), isWhole };
      tellNew();
    },
  };
}
