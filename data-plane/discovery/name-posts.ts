import type { Snapshot } from '#core/model';
import { lastGoodOf } from '#core/snapshot';
import type { Routes } from '../reach/resolve';
import type { FromDiscovery } from './messages';

type Names = Extract<FromDiscovery, { kind: 'names' }>;

/**
 * Passes with an answer of every scope, before an unseen name is denied. One answer may be
 * incomplete (fm-01), and a new process remembers nothing else. The default of
 * `policy.removeAfterAbsences` is the same number.
 */
const passesToDeny = 3;

/** Posts the names of all domains when they change, once somebody has asked for them. */
export function createNamePosts(post: (message: FromDiscovery) => void) {
  let isAskedFor = false;
  let told: Names | undefined;
  let last: Names | undefined;
  let passes = 0;

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
    /** Called once for each pass. */
    tell: (routes: Routes, snapshot: Snapshot): void => {
      passes = passesWith(snapshot, passes);
      last = { kind: 'names', names: [...routes.keys()].join(' '), isWhole: passes >= passesToDeny };
      tellNew();
    },
  };
}

/**
 * Counts the passes with this one. A scope that was never known resets the count. A scope known
 * before leaves the count as it is.
 */
function passesWith({ scopes }: Snapshot, passes: number): number {
  if (scopes.some((state) => lastGoodOf(state) === undefined)) return 0;
  return scopes.every(({ status }) => status === 'known') ? passes + 1 : passes;
}
