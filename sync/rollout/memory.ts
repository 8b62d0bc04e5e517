import { messageLineOf, PrivatelinkError } from '#core/errors';
import { canonicalJson } from '#core/json';
import type { Affinity } from '#deck/affinity';
import { type HeldEntity, nameOf } from '#deck/document';
import type { BaseText } from '#deck/file/base';
import { isConfiguration, pinsIn, type Revision, revisionOf } from '#deck/revision';
import type { PassDependencies, Pinned, Planned, StageMemory } from '../pass/plan-once';
import type { AppliedChange, Change } from '../plan/changes';
import { isRevoked } from '../plan/pin';
import { foundOnTrial, onTrial } from './advance/trial';
import { describeChanges } from './describe-changes';
import { type By, type Journal, nothingRun, type Run, type StageState, unpinned, unwritable } from './journal';
import { heldRevision, readHold, type StageTurn, settingsId } from './newest';
import { type Revisions, readKept } from './revisions';

export type MemoryOptions = {
  readonly journal: Journal;
  readonly revisions: Revisions;
  readonly stateDir: string;
  readonly affinity: Affinity;
  /** Base files that are written with the generated entities. Empty: none. */
  readonly base: readonly BaseText[];
  /** Connects the control plane with other base files. */
  readonly withBase: (texts: readonly BaseText[]) => Pick<PassDependencies, 'controlPlane' | 'base' | 'checkOutcome'>;
  readonly by: By;
  readonly now: () => number;
  /** Absent: no rollout. */
  readonly turn?: StageTurn;
};

/**
 * Opens the memory that links a pass over one control plane with earlier and later passes
 * (docs/decisions/0047-stages.md).
 */
export function openMemory(options: MemoryOptions): StageMemory {
  const { journal, revisions, base } = options;
  let state = nothingRun;
  let [isBegun, isOwed] = [false, false];

  /** The revision must be on the disk before the journal names it. */
  async function write(next: StageState, revision?: Revision): Promise<readonly string[]> {
    try {
      if (revision) await revisions.keep(revision);
      if (next === state || canonicalJson(next) === canonicalJson(state)) return [];
      await journal.write(next);
      if (next.runs !== state.runs) await revisions.prune();
      state = next;
      return [];
    } catch (thrown) {
      isOwed = true;
      return [unwritable(options.stateDir, thrown)];
    }
  }

  async function keepAnd(planned: Planned, next: Next) {
    const begun = planned.pinned?.isByTag ? { state } : await revisionBegun(planned, { state, next, options });
    return write(begun.state, begun.kept);
  }

  return {
    base,
    readPin: async (held) => {
      const read = await journal.read();
      state = read.state;
      const { pinned, warnings } = await readPinned(state, held, options);
      const returning = await readKept(state.returnsTo, revisions);
      return { pinned, returning, warnings: [...read.warnings, ...warnings] };
    },
    readHold: (plan, held) =>
      readHold(plan, { state, held, options: { ...options, withBaseOf: (one) => withBaseOf(one, options.withBase) } }),
    begin: async (planned, changes) => {
      const beginning = { planned, changes, options };
      isBegun = isNew(state, beginning, isOwed);
      if (!isBegun) return write(followedState(state, planned));
      isOwed = false;
      return keepAnd(planned, (followed, revision) => begunState(followed, revision, beginning));
    },
    end: async ({ plan, report, pinned }, applied) => {
      const left = unwritten([...plan.changes, ...leftOutOf(report)], applied);
      // Changes that wait belong to another revision, which has not begun.
      if (pinned?.isByTag || state.runs === undefined || (left.length > 0 && !isBegun)) return [];
      const ended = endedState(state, { isWhole: left.length === 0, isHold: pinned?.isHold });
      return write(await foundOnTrial(ended, options));
    },
    rendered: (planned) => {
      const running = { how: 'render', changes: planned.plan.changes, options, planned } as const;
      return keepAnd(planned, (followed, revision) => ranState(followed, revision, running));
    },
  };
}

type Next = (followed: StageState, revision: Revision) => StageState;

type Beginner = { readonly state: StageState; readonly next: Next; readonly options: MemoryOptions };

/** Returns the state to record when a revision begins, and the revision if it must be kept. */
async function revisionBegun(
  planned: Planned,
  { state, next, options }: Beginner,
): Promise<{ readonly state: StageState; readonly kept?: Revision }> {
  const { pinned } = planned;
  const followed = followedState(state, planned);
  const revision = pinned?.revision ?? (await newestIn(planned, followed, options));
  // A held stage may run what was found and never recorded, so that is kept too.
  const isKept = pinned === undefined || (pinned.isHold && followed.runs === undefined);
  const begun = await onTrial(next(followed, revision), { revision, planned, options });
  return { state: begun, kept: isKept ? revision : undefined };
}

/** Returns the revision that the stage would run, from a plan without a pin. */
async function newestIn(
  { plan: { desired }, held }: Planned,
  { runs, returnsTo = runs }: StageState,
  { revisions, affinity, base }: MemoryOptions,
): Promise<Revision> {
  const before = await readKept(returnsTo, revisions);
  return revisionOf({ desired, held, before, affinity, base });
}

/** Changes that nobody approved. */
function leftOutOf({ leftOut = [] }: Planned['report']): readonly Change[] {
  return leftOut.map(({ change }) => change);
}

function unwritten(changes: readonly Change[], applied: readonly AppliedChange[]): readonly Change[] {
  const written = new Set(applied.filter(({ outcome }) => outcome === 'applied').map(({ change }) => nameOf(change)));
  return changes.filter((one) => isConfiguration(one) && !written.has(nameOf(one)));
}

/**
 * Reads the pin from the journal. If the journal has none but tags in the control plane name one,
 * the configuration stays as it is.
 */
async function readPinned(
  { pin, created, endedPins = [] }: StageState,
  held: readonly HeldEntity[],
  { revisions, base, withBase }: MemoryOptions,
): Promise<{ readonly pinned?: Pinned; readonly warnings: readonly string[] }> {
  const [id = pin?.revision] = pin ? [] : pinsIn(held).filter((one) => !endedPins.includes(one));
  if (id === undefined) return { warnings: [] };
  const kept = await readKept(pin?.revision, revisions);
  const left = await readKept(pin?.left, revisions);
  const revision = kept ?? heldRevision(held, base, id);
  const isFromAnother = (entity: HeldEntity) => {
    const { [nameOf(entity)]: one } = created;
    return one !== undefined && one.id === entity.id && one.revision !== id;
  };
  const isByTag = pin === undefined;
  return {
    pinned: { revision, left, isFromAnother, isByTag, ...withBaseOf(revision, withBase) },
    warnings: kept && left ? [] : [personDecides(id, { isByTag, isKept: kept !== undefined })],
  };
}

/** People can correct the present base files, but not those of a revision. */
function withBaseOf({ id, base }: Revision, withBase: MemoryOptions['withBase']) {
  try {
    return withBase(base);
  } catch (cause) {
    throw new PrivatelinkError(`base files of revision ${id} can no longer be used (${messageLineOf(cause)})`, {
      code: 'STATE',
      fix: 'roll back to another revision: history lists them, and rollback newest ends the pin',
      cause,
    });
  }
}

type Known = { readonly isByTag: boolean; readonly isKept: boolean };

function personDecides(id: string, { isByTag, isKept }: Known): string {
  const unkept = isByTag ? 'stateDir does not know the pin' : 'that revision is no longer kept, or is damaged';
  const unknown = isKept ? 'stateDir does not know which revision was rolled back' : unkept;
  const now = isKept ? 'it stays at that revision' : 'its configuration stays as it is';
  return `the control plane is pinned to revision ${id}, and ${unknown}: ${now}, until rollback names another revision (history lists them; rollback newest ends the pin)`;
}

/** Ends the pin in the state, and forgets ended pins when their tags are gone. */
function followedState(state: StageState, { pinned, held }: Planned): StageState {
  if (pinned && !pinned.isHold) return state;
  if (state.pin) return unpinned(state);
  const { endedPins } = state;
  return endedPins && pinsIn(held).length === 0 ? { ...state, endedPins: undefined } : state;
}

type Beginning = {
  readonly planned: Planned;
  readonly changes: readonly Change[];
  readonly options: Pick<MemoryOptions, 'affinity' | 'base' | 'by' | 'now'>;
};

/**
 * Whether the next write may bring another revision than the stage runs. `isOwed`: the last write
 * could not be recorded.
 */
function isNew(state: StageState, { planned, changes, options }: Beginning, isOwed: boolean): boolean {
  const { pinned, plan } = planned;
  if (pinned) return state.runs !== pinned.revision.id || changes.some(isConfiguration);
  if (changes.some(isConfiguration)) return true;
  const isOther =
    isOwed || state.runs === undefined || state.settings !== settingsId(options) || state.pin !== undefined;
  return isOther && !plan.changes.some(isConfiguration);
}

function begunState(state: StageState, revision: Revision, { planned, changes, options }: Beginning): StageState {
  const configured = changes.filter(isConfiguration);
  return {
    ...ranState(state, revision, { how: 'sync', changes, options, planned }),
    isWhole: state.isWhole && configured.length === 0,
    created: createdBy(state, { planned, configured, id: revision.id }),
  };
}

type Ending = { readonly isWhole: boolean; readonly isHold?: boolean };

function endedState(state: StageState, { isWhole, isHold }: Ending): StageState {
  // A held stage gets the rolled-back revision later, with the revision that waits.
  const returnsTo = isWhole && !isHold ? undefined : state.returnsTo;
  return isWhole === state.isWhole && returnsTo === state.returnsTo ? state : { ...state, isWhole, returnsTo };
}

type Running = Pick<Run, 'how'> & Beginning;

function ranState(state: StageState, revision: Revision, { how, changes, options, planned }: Running): StageState {
  const { by, now } = options;
  const { id } = revision;
  const isHold = planned.pinned?.isHold;
  const described = describeChanges(
    changes.filter(isConfiguration),
    state.runs === undefined ? 'found as it is' : undefined,
  );
  const run = { atMs: now(), revision: id, how, by, changes: described };
  return {
    ...state,
    runs: id,
    returnsTo: state.returnsTo && (isHold ? state.returnsTo : id),
    settings: settingsId(revision),
    isWhole: true,
    history: state.runs === id ? state.history : [...state.history, run],
  };
}

type Creating = { readonly planned: Planned; readonly configured: readonly Change[]; readonly id: string };

/** Creators of held entities, and of entities that are about to be created. */
function createdBy({ created }: StageState, { planned, configured, id }: Creating): StageState['created'] {
  const names = planned.held.filter((one) => isRevoked(one) && created[nameOf(one)]?.id === one.id).map(nameOf);
  const made = configured.filter((one) => one.action === 'create' && isRevoked(one));
  return Object.fromEntries([
    ...names.flatMap((name) => (created[name] ? [[name, created[name]] as const] : [])),
    ...made.map((one) => [nameOf(one), { id: one.id, revision: id }] as const),
  ]);
}
