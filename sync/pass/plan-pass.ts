import { formatProblem } from '#core/errors';
import type { Snapshot } from '#core/model';
import { hasAnswered, lastQuarantined } from '#core/snapshot';
import type { Document, HeldEntity } from '#deck/document';
import { type Revision, withUndiscovered } from '#deck/revision';
import { accountsOf } from '../plan/accounts';
import { fillTables } from '../plan/callers/fill';
import { type CallersInput, callersFrom } from '../plan/callers/tables';
import { desiredUnder, heldBeside, type Pin } from '../plan/pin';
import { makePlan, outcomeOf, type Plan } from '../plan/plan';
import { countProtected } from '../plan/protect/count';
import { protectionOf } from '../plan/protect/protection';
import { keepZones } from '../plan/protect/zones';
import type { Absences } from '../plan/removals/absences';
import { brake } from '../plan/removals/brake';
import { overLimit, type Policy } from '../plan/removals/policy';
import { type SettleOptions, settle } from '../plan/settle';
import { planPublications, type ReadPublication } from '../publish/publish';
import type { Report } from './report';

export type PassInput = Omit<SettleOptions, 'held' | 'isPinned' | 'protection' | 'zonesKept' | 'callersSettings'> & {
  /** What the control plane holds. */
  readonly held: readonly HeldEntity[];
  readonly policy: Policy;
  /** Most entities of one kind that the control plane holds. Absent: no limit. */
  readonly mostOfKind?: number;
  /** Instances in the Cloud Map services. */
  readonly published: readonly ReadPublication[];
  /** Absences of the last pass, and their age. */
  readonly absences: Absences;
  readonly elapsedMs: number;
  /** The pin of the control plane. Absent: it follows. */
  readonly pin?: Pin;
  /** The revision that an ended pin had rolled back, until all of it is written again. */
  readonly returning?: Revision;
  /** Domains and entities that lose only what AWS reports as gone for good. Absent: none. */
  readonly protect?: readonly string[];
  /** The contract, and who is connected. Absent: callers are not checked. */
  readonly callers?: CallersInput;
};

/** What a pass decides. */
export type PassPlan = Pick<Report, 'quarantined' | 'withheld' | 'refused' | 'publications' | 'protected'> & {
  /** The plan without withheld changes. */
  readonly plan: Plan;
  /** The document that the control plane holds after the plan. */
  readonly outcome: Document;
  /** The document without a pin. */
  readonly newest: Document;
};

/**
 * Makes all decisions of a pass from the snapshot and the held entities: claims, evidence, policy
 * and brake.
 */
export function planPass(snapshot: Snapshot, { held, published, ...input }: PassInput): PassPlan {
  const { policy, mostOfKind, pin, owner, returning, protect = [] } = input;
  const isPinned = pin !== undefined;
  const protection = protectionOf(protect, held);
  const affinity = pin ? pin.revision.affinity : input.affinity;
  const zones = keepZones(held, { affinity, protection });
  const { zonesKept } = zones;
  const callers = input.callers && callersFrom(input.callers, held);
  const callersSettings = callers?.settings;
  const settling = {
    ...input,
    callersSettings,
    held: pin ? heldBeside(pin, held) : held,
    isPinned,
    protection,
    zonesKept,
  };
  const { claims, desired: newest, evidence, waiting } = settle(snapshot, settling);
  const allScopesAnswered = snapshot.scopes.every(hasAnswered);
  const rules = { ...input, affinity, evidence, allScopesAnswered, protection, zonesKept };
  const common = { owner, held, domains: claims.domains, accounts: accountsOf(snapshot), snapshot, evidence };
  const placed = { ...common, protection, affinityOf: zonesKept };
  const wanted = pin
    ? { ...desiredUnder(pin, placed), settings: {} }
    : { desired: returning ? withUndiscovered(newest, returning, held) : newest, waiting };
  const filled = fillTables(wanted.desired, callers, held);
  const planned = makePlan({ ...rules, ...wanted, ...filled, held });
  const { reports, counted } = planPublications(published, { ...rules, domains: claims.domains });
  const { changes, withheld } = brake(planned.changes, held, policy);
  const kept = [...wanted.waiting, ...zones.kept, ...filled.kept, ...planned.kept];
  const plan = { ...planned, changes, kept, absences: { ...planned.absences, ...counted } };
  const outcome = outcomeOf(held, plan, withheld?.changes);
  const problem = overLimit(changes, outcome, mostOfKind);
  return {
    plan,
    outcome,
    newest,
    quarantined: [...lastQuarantined(snapshot), ...claims.quarantined],
    withheld,
    refused: problem && formatProblem(problem),
    publications: published.length > 0 ? reports : undefined,
    protected: protect.length > 0 ? countProtected([plan, ...reports], protection) : undefined,
  };
}
