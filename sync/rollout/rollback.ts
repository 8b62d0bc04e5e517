import { PrivatelinkError } from '#core/errors';
import { isConfiguration, pinsIn } from '#deck/revision';
import { type PassDependencies, type Planned, planOnce, type StageMemory } from '../pass/plan-once';
import type { Report } from '../pass/report';
import { runOnce } from '../pass/run-once';
import type { Change } from '../plan/changes';
import { unseenOf } from '../plan/retire';
import { describeChanges } from './describe-changes';
import { endedWith, type StageState, trialOf } from './journal';
import { openMemory } from './memory';
import { settingsId } from './newest';
import type { StageSession } from './open-stages';
import { type Revisions, readKept } from './revisions';
import { newestWord, targetOf } from './target';

/** A pass over the stage, with its memory and its name for people. */
export type RollbackSession = PassDependencies & Pick<StageSession, 'remembered' | 'place'>;

/** A planned rollback, before anything is written. */
export type Rollback = {
  /** The revision that the stage runs. */
  readonly from?: string;
  /** The revision to roll back to. Absent: the pin ends, if there is one, and the stage follows. */
  readonly to?: string;
  readonly isPinned: boolean;
  /** The revision that is rolled back, if it is not what the stage would run next. */
  readonly left?: string;
  /** The trial that caused the rollback. Absent: a person ordered it. */
  readonly failed?: StageState['failed'];
  readonly planned: Planned;
  readonly report: Report;
};

/**
 * Plans a rollback. `wanted` is a revision, the beginning of its id, or `newest`; undefined: the
 * revision that ran before. Throws PrivatelinkError.
 */
export async function planRollback(
  session: RollbackSession,
  wanted: string | undefined,
  signal: AbortSignal,
): Promise<Rollback> {
  const { journal, revisions } = session.remembered;
  const { state, warnings } = await journal.read();
  const target = targetOf(wanted, { state, kept: await revisions.list(), where: session.place });
  if (target !== undefined) await proveReadable(target, revisions);
  const planned = await planOnce({ ...session, memory: asIfPinned(session, target) }, signal);
  const { newest, held, report } = planned;
  const isPinned = state.pin !== undefined || pinsIn(held).length > 0;
  const isOnTrial = session.remembered.turn && !isPinned && trialOf(state) !== undefined;
  // A pin to the revision that would run anyway is useless. A revision on trial still gets a pin,
  // which ends by itself: else it would wait for its turn.
  if (target !== undefined && newest?.id === target && !isOnTrial) return planRollback(session, newestWord, signal);
  const changes = withoutData(report.changes);
  const later = report.changes.length - changes.length;
  const said = { changes, warnings: [...warnings, ...(later > 0 ? [leavingLater(later)] : []), ...report.warnings] };
  const left = isOnTrial ? state.runs : undefined;
  return { from: state.runs, to: target, isPinned, left, planned, report: { ...report, ...said } };
}

function leavingLater(count: number): string {
  return `later passes also remove upstreams and targets, by their own rules: ${count} (diff shows them then)`;
}

/** A pin without its revision keeps what is held. That helps after a loss, but is no rollback. */
async function proveReadable(id: string, revisions: Revisions): Promise<void> {
  if (await revisions.read(id)) return;
  const fix = 'roll back to another revision: history lists them';
  throw new PrivatelinkError(`rollback: revision ${id} is no longer kept`, { code: 'CONFIG_INVALID', fix });
}

/**
 * Makes the memory of a stage as if it were pinned to the revision already; undefined: to none. It
 * records nothing.
 */
function asIfPinned({ remembered }: RollbackSession, target: string | undefined): StageMemory {
  const pin = target === undefined ? undefined : { revision: target };
  const read = async () => {
    const { state } = await remembered.journal.read();
    return { state: { ...state, pin }, warnings: [] };
  };
  const memory = openMemory({ ...remembered, journal: { read, write: async () => {} } });
  const kept = (id: string | undefined) => readKept(id, remembered.revisions);
  const readPin: StageMemory['readPin'] = async (held) => {
    const { pin: current, runs, returnsTo } = (await remembered.journal.read()).state;
    const { pinned } = await memory.readPin(held);
    if (target === undefined) return { returning: await kept(current ? current.left : returnsTo), warnings: [] };
    const before = await kept(current ? current.left : (returnsTo ?? runs));
    // The warnings ask for a person's decision, which is being made.
    return { pinned: pinned && { ...pinned, before }, warnings: [] };
  };
  return { ...memory, readPin };
}

/**
 * A rollback removes only services, routes and plugins. Targets and upstreams leave in later
 * passes, by their own rules.
 */
function withoutData(changes: readonly Change[]): readonly Change[] {
  return changes.filter((one) => one.action !== 'delete' || (isConfiguration(one) && one.kind !== 'upstream'));
}

/**
 * Records the rollback, and makes it in one pass as the writer. Throws PrivatelinkError before any
 * write when it cannot be recorded.
 */
export async function rollBack(session: RollbackSession, rollback: Rollback, signal: AbortSignal): Promise<Report> {
  session.mayWrite?.();
  const { state } = await session.remembered.journal.read();
  await remember(session, { state, rollback });
  const admit = (changes: readonly Change[]) => {
    const admitted = withoutData(changes);
    refuseUnseen(rollback.report.changes, admitted);
    return admitted;
  };
  return runOnce({ ...session, admit }, signal);
}

type Remembering = { readonly state: StageState; readonly rollback: Rollback };

async function remember({ remembered }: RollbackSession, { state, rollback }: Remembering): Promise<void> {
  const { journal, revisions } = remembered;
  const { newest } = rollback.planned;
  try {
    if (newest && rollback.to !== undefined) await revisions.keep(newest);
    await journal.write(nextState(state, rollback, remembered));
  } catch (cause) {
    const fix = 'make stateDir writable: the next pass would undo a rollback that is not recorded';
    throw new PrivatelinkError(`rollback cannot be recorded in ${remembered.stateDir}`, {
      code: 'STATE',
      fix,
      cause,
    });
  }
}

function nextState(
  state: StageState,
  { to, planned, report, failed, left = planned.newest?.id }: Rollback,
  { by, now }: Pick<RollbackSession['remembered'], 'by' | 'now'>,
): StageState {
  const { pin, returnsTo } = state;
  const ended = endedWith(state, pinsIn(planned.held)).filter((id) => id !== to);
  const endedPins = ended.length > 0 ? ended : undefined;
  if (to === undefined)
    return { ...state, pin: undefined, endedPins, returnsTo: pin?.left ?? returnsTo, failed: undefined };
  const changes = describeChanges(report.changes.filter(isConfiguration));
  const run = { atMs: now(), revision: to, how: 'rollback', by, changes } as const;
  return {
    ...state,
    runs: to,
    settings: planned.pinned && settingsId(planned.pinned.revision),
    isWhole: false,
    pin: { revision: to, left },
    trial: undefined,
    failed,
    endedPins,
    returnsTo: undefined,
    history: [...state.history, run],
  };
}

/** An entity that was not shown to a person must not leave. */
function refuseUnseen(shown: readonly Change[], now: readonly Change[]): void {
  const deletes = (changes: readonly Change[]) => changes.filter(({ action }) => action === 'delete');
  const unseen = unseenOf(deletes(shown), deletes(now));
  if (unseen.length === 0) return;
  throw new PrivatelinkError(`rollback: ${unseen.join(', ')} would now leave as well; nothing was written`, {
    code: 'CONTROL_PLANE',
    fix: 'the stage is pinned, and the next pass goes on from here: look at diff',
  });
}
