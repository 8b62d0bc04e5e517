import { settleClaims } from '../core/claims';
import { hasAnswered } from '../core/has-answered';
import type { DomainSettings, Quarantined, Snapshot } from '../core/model';
import { type Base, emptyBase } from '../deck/base';
import { writtenPaths } from '../deck/base-paths';
import { renderDesired } from '../deck/desired';
import type { Document } from '../deck/document';
import type { Affinity } from '../deck/zones';
import type { Absences } from './absences';
import { accountsOf } from './accounts';
import { brake } from './brake';
import type { HeldEntity } from './control-plane';
import { collectEvidence } from './evidence';
import { incumbentsOf } from './incumbents';
import { makePlan, outcomeOf, type Plan } from './plan';
import { overLimit, type Policy } from './policy';
import { planPublications, type ReadPublication } from './publish/publish';
import type { Report } from './report';

export type PassInput = {
  readonly owner: string;
  readonly settings: Readonly<Record<string, DomainSettings>>;
  /** What people wrote: tags take no path of it. Absent: nothing. */
  readonly base?: Base;
  readonly affinity?: Affinity;
  readonly policy: Policy;
  /** What the control plane holds. */
  readonly held: readonly HeldEntity[];
  /** What the services of Cloud Map hold. */
  readonly published: readonly ReadPublication[];
  /** As the last pass counted them, and how many milliseconds ago. */
  readonly absences: Absences;
  readonly elapsedMs: number;
};

/** What a pass decides. */
export type PassPlan = Pick<Report, 'quarantined' | 'withheld' | 'refused' | 'publications'> & {
  /** Without what the brake withholds. */
  readonly plan: Plan;
  /** What the control plane holds once the plan is applied. */
  readonly outcome: Document;
};

/** All that a pass decides, from what was discovered and what is held: claims, evidence, policy and brake. */
export function planPass(snapshot: Snapshot, { held, published, ...input }: PassInput): PassPlan {
  const { owner, settings, base = emptyBase, affinity, policy } = input;
  const unrouted = new Set(Object.keys(settings).filter((domain) => settings[domain]?.route === false));
  const rights = { written: writtenPaths(base), unrouted };
  const claims = settleClaims(snapshot, incumbentsOf(held, snapshot, settings), rights);
  const accounts = accountsOf(snapshot);
  const desired = renderDesired({ owner, domains: claims.domains, settings, affinity, held, accounts });
  const evidence = collectEvidence(snapshot, claims.quarantined);
  const rules = { ...input, evidence, allScopesAnswered: snapshot.scopes.every(hasAnswered) };
  const planned = makePlan({ ...rules, desired, held });
  const { reports, counted } = planPublications(published, { ...rules, domains: claims.domains });
  const { changes, withheld } = brake(planned.changes, held, policy);
  const plan = { ...planned, changes, absences: { ...planned.absences, ...counted } };
  const outcome = outcomeOf(held, plan, withheld?.changes);
  return {
    plan,
    outcome,
    quarantined: [...quarantinedOf(snapshot), ...claims.quarantined],
    withheld,
    refused: overLimit(changes, outcome),
    publications: published.length > 0 ? reports : undefined,
  };
}

/** What the scopes themselves quarantined, as last known. */
export function quarantinedOf(snapshot: Snapshot): readonly Quarantined[] {
  return snapshot.scopes.flatMap((state) => {
    const discovered = state.status === 'known' ? state.discovered : state.lastGood?.discovered;
    return discovered?.quarantined ?? [];
  });
}
