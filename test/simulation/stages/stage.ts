import type { Snapshot } from '#core/model';
import type { Clock } from '#core/timing/clock';
import type { HeldEntity } from '#deck/document';
import { type Base, parseBase } from '#deck/file/base';
import type { ControlPlane, DocumentControlPlane, EntityControlPlane } from '#sync/control-planes/control-plane';
import { createAgeing } from '#sync/pass/absences/ageing';
import type { Journal, StageState } from '#sync/rollout/journal';
import { type MemoryOptions, openMemory } from '#sync/rollout/memory';
import type { Revisions } from '#sync/rollout/revisions';
import type { RollbackSession } from '#sync/rollout/rollback';
import { createMemoryControlPlane, type MemoryControlPlane } from '../../support/control-planes/memory';
import { defaultPolicy } from '../../support/passes';
import { absencesOn, createFate, emptyDisk, errorOf, type Fate, withFaults } from '../processes';
import type { StageDisk } from './disk';
import { type Answers, type Configuration, quietAnswers, type StageName } from './history';
import { createModel, type KnownParts, type StageModel } from './model';
import { noVia } from './via';
import { baseOf, settingsOf, type World } from './world';

export type StageOptions = {
  readonly name: StageName;
  readonly disk: StageDisk;
  readonly world: World;
  readonly clock: Clock;
  readonly known: KnownParts;
};

/** The input of a process, and its faults. */
export type Occasion = { readonly configuration: Configuration; readonly answers: Answers; readonly fate: Fate };

export type Stage = {
  readonly name: StageName;
  readonly model: StageModel;
  readonly plane: MemoryControlPlane;
  /** Count of writes to stateDir. */
  stateWrites: number;
  /** The base file's last content. */
  written(): string;
  /** The product's entities there. */
  held(): readonly HeldEntity[];
  /** A pass of the process that runs until `restart`, or of a process of its own. */
  session(occasion: Occasion, isWorker: boolean): RollbackSession;
  /** The next rollback is recorded with this revision. */
  expectRollback(id: string | undefined): void;
  restart(): void;
  loseState(): void;
};

/** A control plane, and its processes over one stateDir. */
export function createStage({ name, disk, world, clock, known }: StageOptions): Stage {
  const plane = createMemoryControlPlane('test');
  const noted: EntityControlPlane = {
    ...plane,
    write: async (change, signal) => {
      await plane.write(change, signal);
      model.noteWrite(change);
    },
  };
  const isDocument = name === 'file';
  const model = createModel(known, isDocument);
  let absences = emptyDisk();
  let ageing = createAgeing(clock);
  let written = '';
  let current: Occasion = { configuration: defaultConfiguration, answers: quietAnswers, fate: createFate(undefined) };
  let rollback: { readonly id: string | undefined } | undefined;
  let worker: { readonly configuration: Configuration; readonly remembered: Remembered } | undefined;

  type Remembered = Pick<RollbackSession, 'remembered' | 'memory'>;

  /** The product's journal, for processes that may die. */
  function mortalJournal(): Journal {
    const journal = disk.journal(name);
    return {
      read: journal.read,
      write: async (state) => {
        current.fate.before();
        await journal.write(state);
        stage.stateWrites += 1;
        note(state);
        current.fate.after();
      },
    };
  }

  function note(state: StageState): void {
    if (rollback) model.noteRollback(rollback.id);
    else model.notePass(state);
    rollback = undefined;
  }

  const revisions: Revisions = {
    ...disk.revisions,
    keep: async (revision) => {
      // An unchanged file is not written again.
      if ((await disk.revisions.list()).includes(revision.id)) return;
      current.fate.before();
      await disk.revisions.keep(revision);
      stage.stateWrites += 1;
      current.fate.after();
    },
  };

  function planeWith(base: Base): ControlPlane {
    const mortal = withFaults(noted, current.answers.konnect, current.fate);
    return isDocument ? asDocument(base) : mortal;
  }

  /** All or nothing, at the first write. */
  function asDocument(base: Base): DocumentControlPlane {
    const { readForeign, readRollout, write } = withFaults(noted, noFault, createFate(undefined));
    return {
      takes: 'document',
      hasBase: true,
      readForeign,
      readRollout,
      read: (signal) => withFaults(noted, current.answers.konnect, current.fate).read(signal),
      writeAll: async (changes, signal) => {
        current.fate.before();
        const error = struckBy(current.answers);
        if (error && current.answers.konnect.fault !== 'reset') throw error;
        for (const change of changes) await write(change, signal);
        written = base.texts.map(({ text }) => text).join('');
        current.fate.after();
        if (error) throw error;
        return [];
      },
    };
  }

  function remember(configuration: Configuration): Remembered {
    const remembered: MemoryOptions = {
      journal: mortalJournal(),
      revisions,
      stateDir: 'stateDir',
      affinity: configuration.affinity,
      base: isDocument ? baseOf(configuration).texts : [],
      withBase: (texts) => {
        const base = isDocument ? parseBase(texts) : baseOf(configuration);
        return { base, controlPlane: planeWith(base), checkOutcome: undefined };
      },
      by: {},
      now: clock.now,
    };
    return { remembered, memory: openMemory(remembered) };
  }

  function rememberedBy(isWorker: boolean): Remembered {
    const { configuration } = current;
    if (!isWorker) return remember(configuration);
    if (worker?.configuration !== configuration) worker = { configuration, remembered: remember(configuration) };
    return worker.remembered;
  }

  const held = () => [...plane.entities.values()].filter(isOurs);

  const stage: Stage = {
    name,
    model,
    plane,
    stateWrites: 0,
    written: () => written,
    held,
    session: (occasion, isWorker) => {
      current = occasion;
      rollback = undefined;
      const { configuration, answers, fate } = occasion;
      let snapshot: Snapshot | undefined;
      return {
        ...rememberedBy(isWorker),
        place: name,
        stage: name,
        owner: 'test',
        settings: settingsOf(configuration),
        affinity: configuration.affinity,
        via: { via: 'addresses', suffix: (configuration.via ?? noVia).suffix },
        base: baseOf(configuration),
        policy: { ...defaultPolicy, allowRemovals: 1_000 },
        concurrency: 2,
        clock,
        discover: async () => {
          snapshot = world.discover(answers.scopes);
          model.see({ configuration, snapshot, held: held() });
          return snapshot;
        },
        confirmGone: world.confirmGone,
        controlPlane: planeWith(baseOf(configuration)),
        absenceStore: absencesOn(absences, fate, { clock, ageing }),
      };
    },
    expectRollback: (id) => {
      rollback = { id };
    },
    restart: () => {
      worker = undefined;
      ageing = createAgeing(clock);
    },
    loseState: () => {
      absences = emptyDisk();
      stage.restart();
      model.noteLoss(held());
    },
  };
  return stage;
}

export const defaultConfiguration: Configuration = {
  do: 'configure',
  affinity: 'none',
  plugins: 0,
  isRouted: true,
  consumer: 'anna',
};

const noFault = quietAnswers.konnect;

function struckBy({ konnect }: Answers): Error | undefined {
  return konnect.atWrite === 0 ? errorOf(konnect.fault) : undefined;
}

export function isOurs({ tags }: HeldEntity): boolean {
  return tags.includes('owner:test');
}
