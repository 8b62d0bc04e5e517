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

/** Where absences are counted between passes; a store that cannot be read or written says so in a warning, never by throwing. */
export interface AbsenceStore {
  /** What was counted last, and how many milliseconds ago. */
  read(): Promise<{
    readonly absences: Absences;
    readonly elapsedMs: number;
    readonly warnings?: readonly string[];
  }>;
  write(absences: Absences): Promise<{ readonly warning?: string }>;
}

/** `affinity` absent: `none`, but what zones have is left to evidence. */
export type PassDependencies = Pick<
  PassInput,
  'owner' | 'settings' | 'affinity' | 'via' | 'base' | 'allowed' | 'policy' | 'mostOfKind' | 'protect'
> & {
  readonly concurrency: number;
  readonly discover: (signal: AbortSignal) => Promise<Snapshot>;
  readonly confirmGone: ConfirmGone;
  /** Absent: none is named. */
  readonly ownAccounts?: OwnAccounts;
  /** Told of the snapshot once it is known which scopes of it are of another account (OTHER_ACCOUNT): what those say is not kept. */
  readonly settle?: (snapshot: Snapshot) => Promise<void>;
  readonly controlPlane: ControlPlane;
  readonly absenceStore: AbsenceStore;
  /** Absent: nothing is published. */
  readonly publications?: readonly Publication[];
  /** Absent: the configuration has no `contracts`. */
  readonly contracts?: Contracts;
  /** The plan that people approved: nothing else is written. Absent: all that is planned. */
  readonly approved?: Pick<PlanFile, 'changes' | 'withheld' | 'contracts'>;
  /** Of the planned changes, those to write in this pass; absent: all. */
  readonly admit?: (changes: readonly Change[]) => readonly Change[];
  /** Of several control planes, the name of this one. */
  readonly stage?: string;
  /** What is remembered of the control plane from pass to pass; absent: nothing, and it is pinned to nothing. */
  readonly memory?: StageMemory;
  /** Asked before each write; throws where another process writes by now. */
  readonly mayWrite?: () => void;
  /** What makes the plan; absent: `planPass`. */
  readonly plan?: typeof planPass;
  /** What has to come before the first write; gives warnings. */
  readonly prepare?: (changes: readonly Change[], signal: AbortSignal) => Promise<readonly string[]>;
  /** Called with each plan before anything of it is written. */
  readonly onPlanned?: (planned: Planned) => void;
  /** Refuses, by throwing PrivatelinkError, what the control plane would hold; before anything is written. */
  readonly checkOutcome?: (outcome: Document) => void;
  /** What the report of every pass says. */
  readonly warnings?: readonly string[];
  readonly clock: Clock;
  readonly during?: During;
  readonly onApplied?: (applied: AppliedChange, total: number) => void;
};

/** What a pin brings along: base files are of the revision as well. */
export type Pinned = Pin &
  Pick<PassDependencies, 'controlPlane' | 'base' | 'checkOutcome'> & {
    /** The control plane alone says so: its configuration stays as it is, whatever revision that was, and nothing is written down. */
    readonly isByTag: boolean;
  };

export type ReadPin = Pick<PassInput, 'returning'> & {
  readonly pinned?: Pinned;
  readonly warnings: readonly string[];
};

/** What keeps a stage at the revision that it runs. */
export type Hold = { readonly pinned: Pinned; readonly newest: Revision; readonly waiting: WhyWaiting };

/** What outlives the passes over one control plane. */
export interface StageMemory {
  /** What is written beside what is generated. */
  readonly base: readonly BaseText[];
  /** What the control plane, which holds this, is pinned to; undefined: it follows. Warnings are about what could not be read. */
  readPin(held: readonly HeldEntity[]): Promise<ReadPin>;
  /** What keeps it from the configuration of this plan, where it waits for its turn in a rollout. */
  readHold(plan: Plan, held: readonly HeldEntity[]): Promise<Hold | undefined>;
  /** Writes down what is about to be written; gives warnings. */
  begin(planned: Planned, changes: readonly Change[]): Promise<readonly string[]>;
  /** Writes down what came of it. */
  end(planned: Planned, applied: readonly AppliedChange[]): Promise<readonly string[]>;
  /** Writes down that somebody else, as decK, writes the outcome. */
  rendered(planned: Planned): Promise<readonly string[]>;
}

/** A pass before anything is written. */
export type Planned = {
  readonly snapshot: Snapshot;
  readonly held: readonly HeldEntity[];
  readonly plan: Plan;
  /** What the control plane holds once the plan is applied. */
  readonly outcome: Document;
  /** What the plan is under; absent: the control plane follows. */
  readonly pinned?: Pinned;
  /** Of a control plane that is pinned, what it would run else. */
  readonly newest?: Revision;
  readonly report: Report;
};

/** Discovers, reads the control plane and plans; writes nothing. Throws PrivatelinkError when the control plane cannot be read. */
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

/** What the configuration names, which should be known by that name. */
function namedIn({ settings, publications = [], protect = [], contracts }: PassDependencies) {
  const published = publications.map((one) => one.domain);
  return { configured: Object.keys(settings), published, protect, contracts: contracts?.config };
}

/** What it runs instead, and why: a person pinned it, or it waits for its turn. */
function withoutNewest(ids: NonNullable<Report['pinned']>, waiting: WhyWaiting | undefined) {
  return waiting ? { waits: { ...ids, ...waiting } } : { pinned: ids };
}

type PlanningInput = PassInput & Pick<PassDependencies, 'memory' | 'plan'>;

type PlannedUnder = Pick<Planned, 'pinned' | 'newest'> & { readonly waiting?: WhyWaiting; readonly planned: PassPlan };

/** The plan under the pin that there is; one that has ended counts no more. */
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

/** The plan of a stage that follows, or what it does while it waits for its turn. */
async function planInTurn(snapshot: Snapshot, input: PlanningInput): Promise<PlannedUnder> {
  const { plan = planPass, held, memory } = input;
  const planned = plan(snapshot, input);
  const hold = await memory?.readHold(planned.plan, held);
  if (!hold) return { planned };
  const { pinned } = hold;
  return { ...hold, planned: plan(snapshot, { ...input, returning: undefined, ...pinned, pin: pinned }) };
}

/** An Admin API has a list of targets for each upstream: 10,000 of them, four at once, are read in this time at 240 ms each. */
const readTimeoutMs = 600_000;

/** What the control plane holds, within ten minutes (fm-54); each scope, and each publication, has its own time. */
function readControlPlane({ read }: ControlPlane, signal: AbortSignal): Promise<readonly HeldEntity[]> {
  const late = () =>
    new PrivatelinkError(`the control plane was not read within ${readTimeoutMs / 1_000} s`, {
      code: 'TIMEOUT',
      fix: 'the next pass reads it again; check that the control plane answers fast enough',
    });
  return stoppedAfter((own) => read(own.signal), { signal, timeoutMs: readTimeoutMs, late });
}

/** Reads all sides at once; when one fails the others are stopped, so that nobody waits for their answers. */
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
      // Discovery may be writing last good, and decK is a process: neither outlives the pass.
      await Promise.allSettled([discovering, reading, asking]);
      throw thrown;
    }
  });
}
