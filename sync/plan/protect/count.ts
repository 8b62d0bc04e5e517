import { compareText } from '#core/addresses/targets';
import { groupBy } from '#core/group-by';
import type { Changes } from '../changes';
import type { Protection } from './protection';

/** What a plan does to the entities of one entry of `protect`, and what it does not do. */
export type ProtectedReport = {
  readonly entry: string;
  readonly domain: string;
  /** Planned creates and updates, and removals that AWS reports as gone for good. */
  readonly changes: number;
  /** Entities that would leave without protection. */
  readonly kept: number;
};

/** Returns a report for each entry of `protect` that the plans concern, by name. */
export function countProtected(plans: readonly Changes[], protection: Protection): readonly ProtectedReport[] {
  const changed = plans.flatMap(({ changes }) =>
    changes.flatMap((change) => {
      const { kind, key, domain, before, after } = change;
      const entry = protection({ kind, key, domain, parent: (before ?? after)?.parent });
      return entry === undefined ? [] : [{ entry, domain, isKept: false }];
    }),
  );
  const kept = plans.flatMap((plan) =>
    plan.kept.flatMap(({ entry, domain }) => (entry === undefined ? [] : [{ entry, domain, isKept: true }])),
  );
  return [...groupBy([...changed, ...kept], ({ entry, domain }) => `${entry} ${domain}`).values()]
    .flatMap((group) => {
      const [first] = group;
      const { length: stay } = group.filter((one) => one.isKept);
      return first ? [{ entry: first.entry, domain: first.domain, changes: group.length - stay, kept: stay }] : [];
    })
    .sort((a, b) => compareText(a.entry, b.entry));
}
