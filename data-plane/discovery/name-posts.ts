import type { Snapshot } from '#core/model';
import { lastGoodOf } from '#core/snapshot';
import type { Routes } from '../reach/resolve';
import type { FromDiscovery } from './messages';

type Names = Extract<FromDiscovery, { kind: 'names' }>;

/**
 * Passes in which every scope answered, before a name that none of them gave is denied: one answer may lack what there is (fm-01), and a process
 * that has just begun remembers nothing else. As many as `policy.removeAfterAbsences` has by default.
 */
const passesToDeny = 3;

/** Posts the names of all domains where they changed, from when somebody asks for them on. */
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

/** The passes with this one: a scope that was never known makes all of them say nothing, one that is away for now only this one. */
function passesWith({ scopes }: Snapshot, passes: number): number {
  if (scopes.some((state) => lastGoodOf(state) === undefined)) return 0;
  return scopes.every(({ status }) => status === 'known') ? passes + 1 : passes;
}
