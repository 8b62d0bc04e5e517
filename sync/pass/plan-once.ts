import { PrivatelinkError } from '#core/errors';
import type { Snapshot } from '#core/model';
import type { Clock } from '#core/timing/clock';
import type { Document, HeldEntity } from '#deck/document';
import type { BaseText } from '#deck/file/base';
import type { Revision } from '#deck/revision';
import type { ConfirmGone } from '#discovery/confirm-gone';
import { stoppedAfter, withOwnSignal } from '#io/signals';
import { type During, quietly } from '#io/terminal';
import { planActions } from '../contracts/in-pass';
import type { Contracts } from '../contracts/open';
import type { ControlPlane } from '../control-planes/control-plane';
import { doubtAccounts, type OwnAccounts } from '../plan/accounts';
import { creditAdopted } from '../plan/adopted';
import type { AppliedChange, Change } from '../plan/changes';
import { isOver, newestBeside, type Pin } from '../plan/pin';
import type { Plan } from '../plan/plan';
import type { Absences } from '../plan/removals/absences';
import { missingEndpoints } from '../plan/removals/missing';
import { unclaimed } from '../plan/unclaimed';
import { type Publication, readPublications } from '../publish/publish';
import type { PlanFile } from './plan-file';
import { type PassInput, type PassPlan, planPass } from './plan-pass';
import { type Report, reportScope, type WhyWaiting } from './report';

/**
 * Stores the counts of absences between passes. A failure to read or write is a warning and never
 * throws.
 */
export interface AbsenceStore {
  /** The last counts, and their age in milliseconds. */
  read(): Promise<{
    readonly absences: Absences;
    readonly elapsedMs: number;
    readonly warnings?: readonly string[];
  }>;
  write(absences: Absences): Promise<{ readonly warning?: string }>;
}

/** `affinity` absent: `none`, but evidence decides about targets in zones. */
export type PassDependencies = Pick<
  PassInput,
  'owner' | 'settings' | 'affinity' | 'via' | 'base' | 'allowed' | 'policy' | 'mostOfKind' | 'protect'
> & {
  readonly concurrency: number;
  readonly discover: (signal: AbortSignal) => Promise<Snapshot>;
  readonly confirmGone: ConfirmGone;
  /** Absent: no account is named. */
  readonly ownAccounts?: OwnAccounts;
  /**
   * Called with the snapshot after scopes of another account were found (OTHER_ACCOUNT): their
   * answers are not stored as last good.
   */
  readonly settle?: (snapshot: Snapshot) => Promise<void>;
  readonly controlPlane: ControlPlane;
  readonly absenceStore: AbsenceStore;
  /** Absent: nothing is published. */
  readonly publications?: readonly Publication[];
  /** Absent: the configuration has no `contracts`. */
  readonly contracts?: Contracts;
  /** The approved plan: nothing else is written. Absent: the whole plan is written. */
  readonly approved?: Pick<PlanFile, 'changes' | 'withheld' | 'contracts'>;
  /** Chooses the planned changes to write in this pass. Absent: all. */
  readonly admit?: (changes: readonly Change[]) => readonly Change[];
  /** The name of this control plane when there are several. */
  readonly stage?: string;
  /** Memory of the control plane between passes. Absent: none, and no pin. */
  readonly memory?: StageMemory;
  /** Called before each write. Throws when another process now writes. */
  readonly mayWrite?: () => void;
  /** Makes the plan. Absent: `planPass`. */
  readonly plan?: typeof planPass;
  /** Work before the first write. Returns warnings. */
  readonly prepare?: (changes: readonly Change[], signal: AbortSignal) => Promise<readonly string[]>;
  /** Called with each plan before any write. */
  readonly onPlanned?: (planned: Planned) => void;
  /** Throws PrivatelinkError to refuse the outcome, before any write. */
  readonly checkOutcome?: (outcome: Document) => void;
  /** Warnings in the report of every pass. */
  readonly warnings?: readonly string[];
  readonly clock: Clock;
  readonly during?: During;
  readonly onApplied?: (applied: AppliedChange, total: number) => void;
};

/** A pin with its base files, which belong to the revision too. */
export type Pinned = Pin &
  Pick<PassDependencies, 'controlPlane' | 'base' | 'checkOutcome'> & {
    /**
     * Only tags in the control plane tell of the pin, and the journal does not. The configuration
     * stays as it is, and nothing is recorded.
     */
    readonly isByTag: boolean;
  };

export type ReadPin = Pick<PassInput, 'returning'> & {
  readonly pinned?: Pinned;
  readonly warnings: readonly string[];
};

/** Keeps a stage at the revision that it runs. */
export type Hold = { readonly pinned: Pinned; readonly newest: Revision; readonly waiting: WhyWaiting };

/** Memory of one control plane that outlives a pass. */
export interface StageMemory {
  /** Base files that are written with the generated entities. */
  readonly base: readonly BaseText[];
  /**
   * Reads the pin of the control plane that holds these entities. `pinned` undefined: it follows
   * the configuration. Warnings name what could not be read.
   */
  readPin(held: readonly HeldEntity[]): Promise<ReadPin>;
  /** Reads why the stage must wait for its turn in a rollout. Undefined: it need not wait. */
  readHold(plan: Plan, held: readonly HeldEntity[]): Promise<Hold | undefined>;
  /** Records the changes before they are written. Returns warnings. */
  begin(planned: Planned, changes: readonly Change[]): Promise<readonly string[]>;
  /** Records the results. Returns warnings. */
  end(planned: Planned, applied: readonly AppliedChange[]): Promise<readonly string[]>;
  /** Records that somebody else, such as decK, writes the outcome. Returns warnings. */
  rendered(planned: Planned): Promise<readonly string[]>;
}

/** A pass before anything is written. */
export type Planned = {
  readonly snapshot: Snapshot;
  readonly held: readonly HeldEntity[];
  readonly plan: Plan;
  /** The document that the control plane holds after the plan. */
  readonly outcome: Document;
  /** The pin that the plan is under. Absent: the control plane follows. */
  readonly pinned?: Pinned;
  /** The revision that a pinned control plane would run without its pin. */
  readonly newest?: Revision;
  readonly report: Report;
};

/**
 * Discovers, reads the control plane and plans; writes nothing. Throws PrivatelinkError when the
 * control plane cannot be read.
 */
export async function planOnce(deps: PassDependencies, signal: AbortSignal): Promise<Planned> {
  const { during = quietly } = deps;
  const [discovered, read, stored, published, view] = await during('discovering, and reading the control plane', () =>
    readAll(deps, signal),
  );
  const { held, settings, warnings: ofAdopted } = creditAdopted(deps.settings, read);
  const inUse = [...held, ...published.flatMap((one) => one.held)];
  const ours = doubtAccounts(discovered, held, deps.ownAccounts ?? {});
  await deps.settle?.(ours);
  const { goneIds, warnings } = await deps.confirmGone(missingEndpoints(ours, inUse), signal);
  const snapshot = { ...ours, goneIds };
  const { absences, elapsedMs } = stored;
  const { contracts, ...rules } = deps;
  const callers = contracts && view && { contracts: contracts.config, view };
  const input = { ...rules, settings, held, published, absences, elapsedMs, callers };
  const { pinned, newest, waiting, planned, warnings: ofStage } = await planUnderPin(snapshot, input);
  const { plan, outcome, newest: unpinned, ...seen } = planned;
  (pinned ?? deps).checkOutcome?.(outcome);
  const report: Report = {
    owner: deps.owner,
    stage: deps.stage,
    ...(pinned && newest && withoutNewest({ revision: pinned.revision.id, newest: newest.id }, waiting)),
    scopes: snapshot.scopes.map((state) => reportScope(state, snapshot.takenAtMs)),
    ...seen,
    changes: plan.changes,
    kept: plan.kept,
    contracts: planActions(contracts, { view, snapshot, held }, deps.policy),
    warnings: [
      ...[deps, snapshot, stored, view].flatMap((one) => one?.warnings ?? []),
      ...ofAdopted,
      ...ofStage,
      ...warnings,
      ...unclaimed({ ...namedIn(deps), snapshot, desired: plan.desired, known: [...inUse, ...unpinned] }),
    ],
  };
  return { snapshot, held, plan, outcome, pinned, newest, report };
}

/** Names in the configuration that should match something. */
function namedIn({ settings, publications = [], protect = [], contracts }: PassDependencies) {
  const published = publications.map((one) => one.domain);
  return { configured: Object.keys(settings), published, protect, contracts: contracts?.config };
}

/** The revision that runs instead, and why: a person pinned it, or the stage waits for its turn. */
function withoutNewest(ids: NonNullable<Report['pinned']>, waiting: WhyWaiting | undefined) {
  return waiting ? { waits: { ...ids, ...waiting } } : { pinned: ids };
}

type PlanningInput = PassInput & Pick<PassDependencies, 'memory' | 'plan'>;

type PlannedUnder = Pick<Planned, 'pinned' | 'newest'> & { readonly waiting?: WhyWaiting; readonly planned: PassPlan };

/** Plans under the present pin. A pin that has ended is ignored. */
async function planUnderPin(
  snapshot: Snapshot,
  input: PlanningInput,
): Promise<PlannedUnder & { readonly warnings: readonly string[] }> {
  const { plan = planPass } = input;
  const { pinned, returning, warnings = [] } = (await input.memory?.readPin(input.held)) ?? {};
  if (!pinned) return { ...(await planInTurn(snapshot, { ...input, returning })), warnings };
  const planned = plan(snapshot, { ...input, ...pinned, pin: pinned });
  const { held, affinity = 'none', memory } = input;
  const newest = newestBeside(pinned, { desired: planned.newest, held, affinity, base: memory?.base ?? [] });
  if (isOver(pinned, newest))
    return { ...(await planInTurn(snapshot, { ...input, returning: pinned.left })), warnings };
  return { pinned, newest, planned, warnings };
}

/** Plans for a stage without a pin, or for a stage in its wait for a turn. */
async function planInTurn(snapshot: Snapshot, input: PlanningInput): Promise<PlannedUnder> {
  const { plan = planPass, held, memory } = input;
  const planned = plan(snapshot, input);
  const hold = await memory?.readHold(planned.plan, held);
  if (!hold) return { planned };
  const { pinned } = hold;
  return { ...hold, planned: plan(snapshot, { ...input, returning: undefined, ...pinned, pin: pinned }) };
}

/**
 * An Admin API has a list of targets for each upstream. 10,000 lists, four at a time, take this
 * long at 240 ms each.
 */
const readTimeoutMs = 600_000;

/**
 * Reads the control plane within ten minutes (fm-54). Scopes and publications have their own time
 * limits.
 */
function readControlPlane({ read }: ControlPlane, signal: AbortSignal): Promise<readonly HeldEntity[]> {
  const late = () =>
    new PrivatelinkError(`the control plane was not read within ${readTimeoutMs / 1_000} s`, {
      code: 'TIMEOUT',
      fix: 'the next pass reads it again; check that the control plane answers fast enough',
    });
  return stoppedAfter((own) => read(own.signal), { signal, timeoutMs: readTimeoutMs, late });
}

/** Reads all sides at once. When one fails, the others are stopped. */
function readAll(deps: PassDependencies, signal: AbortSignal) {
  const { discover, controlPlane, absenceStore, publications = [], contracts } = deps;
  return withOwnSignal(signal, async (own) => {
    const discovering = discover(own.signal);
    const reading = readControlPlane(controlPlane, own.signal);
    const asking = contracts?.read(own.signal);
    try {
      const publishing = readPublications(publications, own.signal);
      return await Promise.all([discovering, reading, absenceStore.read(), publishing, asking]);
    } catch (thrown) {
      own.abort(thrown);
      // Discovery may be writing last good, and decK is a process: both must end within the pass.
      await Promise.allSettled([discovering, reading, asking]);
      throw thrown;
    }
  });
}
