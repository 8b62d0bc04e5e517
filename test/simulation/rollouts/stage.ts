import { rollout as rolloutSchema } from '#config/rollout';
import type { Domain } from '#core/claims/settle';
import type { Clock } from '#core/timing/clock';
import type { HeldEntity } from '#deck/document';
import { parseBase } from '#deck/file/base';
import type { ControlPlane, EntityControlPlane } from '#sync/control-planes/control-plane';
import { createAgeing } from '#sync/pass/absences/ageing';
import { openTurn } from '#sync/rollout/advance/turn';
import type { Journal } from '#sync/rollout/journal';
import { type MemoryOptions, openMemory } from '#sync/rollout/memory';
import type { StageSession } from '#sync/rollout/open-stages';
import type { Revisions } from '#sync/rollout/revisions';
import { createMemoryControlPlane, type MemoryControlPlane } from '../../support/control-planes/memory';
import { defaultPolicy } from '../../support/passes';
import { ofOthers } from '../of-others';
import { absencesOn, type Disk, emptyDisk, errorOf, type Fate, withFaults } from '../processes';
import type { StageDisk } from '../stages/disk';
import type { Answers } from '../stages/history';
import { partsOf } from '../stages/parts';
import { isOurs } from '../stages/stage';
import { configuredForm, formNow, noVia } from '../stages/via';
import { baseOf, domainsIn, settingsOf, type World } from '../stages/world';
import { createGates, faultyPlugin } from './gates';
import { type Configuration, type Mood, order, type StageName, stageNames } from './history';
import { bakeMs, type Oracle } from './oracle';

/** Shared by all stages. */
export type Estate = {
  readonly disk: StageDisk;
  readonly world: World;
  readonly clock: Clock;
  /** For passes, which wait for nothing. */
  readonly passClock: Clock;
  readonly oracle: Oracle;
};

/** What a process meets during a step. */
export type Occasion = {
  readonly configuration: Configuration;
  readonly answers: Answers;
  readonly fate: Fate;
  readonly isByHand: boolean;
};

/** A process as its stages see it: its current occasion, and its memory. */
export type Host = { occasion: Occasion; readonly memories: Map<StageName, Known> };

type Known = {
  readonly configuration: Configuration;
  readonly remembered: MemoryOptions;
  readonly memory: StageSession['memory'];
};

export type RolloutSession = StageSession & Required<Pick<StageSession, 'stage' | 'rollout'>>;

export type Stage = {
  readonly name: StageName;
  readonly plane: MemoryControlPlane;
  mood: Mood;
  /** The base file's last content. */
  written: string;
  /** Count of writes to stateDir. */
  stateWrites: number;
  /** A pass over it has ended. */
  hasPassed: boolean;
  /** What the last pass waited for. */
  waits?: { readonly stage?: string; readonly newest: string };
  readonly held: () => readonly HeldEntity[];
  readonly session: (host: Host) => RolloutSession;
};

/** A control plane without entities of the product. */
export function createPlane(): MemoryControlPlane {
  const plane = createMemoryControlPlane('test');
  for (const one of ofOthers) if (one.kind !== 'service') plane.entities.set(`${one.kind}:${one.key}`, one);
  return plane;
}

/** A control plane, and its processes over one stateDir. */
export function createStage(name: StageName, plane: MemoryControlPlane, estate: Estate): Stage {
  const { disk, world, clock, oracle } = estate;
  const absences: Disk = emptyDisk();
  const isDocument = name === 'file';
  const held = () => [...plane.entities.values()].filter(isOurs);

  function journalOf(host: Host): Journal {
    const { read, write } = disk.journal(name);
    return {
      read,
      write: async (next) => {
        const { fate, configuration, isByHand } = host.occasion;
        fate.before();
        const { state: previous } = await read();
        await write(next);
        stage.stateWrites += 1;
        const isPaused = (await disk.pause.read()) !== undefined;
        await oracle.note(name, { previous, next, configuration, isPaused, isByHand });
        fate.after();
      },
    };
  }

  function revisionsOf(host: Host): Revisions {
    const keep: Revisions['keep'] = async (revision) => {
      if ((await disk.revisions.list()).includes(revision.id)) return;
      host.occasion.fate.before();
      await disk.revisions.keep(revision);
      stage.stateWrites += 1;
      host.occasion.fate.after();
    };
    return { ...disk.revisions, keep };
  }

  function planeOf(host: Host, base: ReturnType<typeof baseOf>): ControlPlane {
    let met: { readonly occasion: Occasion; readonly plane: EntityControlPlane } | undefined;
    const current = () => {
      const { occasion } = host;
      if (met?.occasion !== occasion)
        met = { occasion, plane: withFaults(plane, occasion.answers.konnect, occasion.fate) };
      return met.plane;
    };
    const { readForeign, readRollout } = plane;
    const common = { readForeign, readRollout, read: (signal: AbortSignal) => current().read(signal) };
    if (!isDocument)
      return { ...common, takes: 'entities', write: (change, signal) => current().write(change, signal) };
    return {
      ...common,
      takes: 'document',
      hasBase: true,
      writeAll: async (changes, signal) => {
        const { answers, fate } = host.occasion;
        fate.before();
        const error = answers.konnect.atWrite === 0 ? errorOf(answers.konnect.fault) : undefined;
        if (error && answers.konnect.fault !== 'reset') throw error;
        for (const change of changes) await plane.write(change, signal);
        stage.written = base.texts.map(({ text }) => text).join('');
        fate.after();
        if (error) throw error;
        return [];
      },
    };
  }

  function rolloutFor({ approval, isFrozen, onFailure }: Configuration): RolloutSession['rollout'] {
    const config = rolloutSchema.parse({
      order,
      settleSeconds: 6,
      bakeSeconds: bakeMs / 1_000,
      gates: { approval },
      freeze: isFrozen ? [{}] : [],
      onFailure,
    });
    const turns = { order: config.order ?? [], listed: stageNames };
    const onFail = () => oracle.hasFailed(name);
    const gates = createGates({ name, held, mood: () => stage.mood, clock, onFail });
    const stageOf = (other: string) => ({ journal: disk.journal(other), takesBase: other === 'file' });
    const turn = openTurn({ stage: name, rollout: config, turns, stageOf, pause: disk.pause, gates, now: clock.now });
    return { config, turns, turn, gates, pause: disk.pause };
  }

  function known(host: Host, rollout: RolloutSession['rollout']): Known {
    const { configuration } = host.occasion;
    const before = host.memories.get(name);
    if (before?.configuration === configuration) return before;
    const remembered: MemoryOptions = {
      journal: journalOf(host),
      revisions: revisionsOf(host),
      stateDir: disk.stateDir,
      affinity: configuration.affinity,
      base: isDocument ? baseOf(configuration).texts : [],
      withBase: (texts) => {
        const base = isDocument ? parseBase(texts) : baseOf(configuration);
        return { base, controlPlane: planeOf(host, base), checkOutcome: undefined };
      },
      by: {},
      now: clock.now,
      turn: rollout.turn,
    };
    const next = { configuration, remembered, memory: openMemory(remembered) };
    host.memories.set(name, next);
    return next;
  }

  /** The stage's goal by the current discovery, for the oracle. */
  async function see(snapshot: ReturnType<World['discover']>, configuration: Configuration): Promise<void> {
    const watched = oracle.watched(name);
    const { state } = await disk.journal(name).read();
    const { affinity, consumer, via } = configuration;
    const formOf = (domain: Domain) => formNow(domain, configuredForm(domain, via), { held: held(), snapshot });
    watched.wanted = partsOf({
      formOf,
      found: domainsIn(snapshot),
      settings: settingsWith(configuration),
      held: held(),
      before: (await oracle.partsIn(state.pin ? state.pin.left : state.returnsTo)) ?? watched.running,
      affinity,
      consumer: isDocument ? consumer : '',
    });
  }

  const stage: Stage = {
    name,
    plane,
    mood: 'pass',
    written: '',
    stateWrites: 0,
    hasPassed: false,
    held,
    session: (host) => {
      const { configuration } = host.occasion;
      const rollout = rolloutFor(configuration);
      const { remembered, memory } = known(host, rollout);
      const session = {
        remembered,
        memory,
        rollout,
        place: name,
        stage: name,
        owner: 'test',
        config: { stateDir: disk.stateDir, owner: 'test', controlPlane: { type: 'konnect', name } },
        settings: settingsWith(configuration),
        affinity: configuration.affinity,
        via: { via: 'addresses', suffix: (configuration.via ?? noVia).suffix },
        base: baseOf(configuration),
        policy: { ...defaultPolicy, allowRemovals: 1_000 },
        concurrency: 2,
        clock: estate.passClock,
        discover: async () => {
          const snapshot = world.discover(host.occasion.answers.scopes);
          await see(snapshot, configuration);
          return snapshot;
        },
        confirmGone: world.confirmGone,
        controlPlane: planeOf(host, baseOf(configuration)),
        absenceStore: {
          read: () => absencesOn(absences, host.occasion.fate, { clock, ageing }).read(),
          write: (next: Parameters<StageSession['absenceStore']['write']>[0]) =>
            absencesOn(absences, host.occasion.fate, { clock, ageing }).write(next),
        },
      };
      return session as unknown as RolloutSession;
    },
  };
  const ageing = createAgeing(clock);
  return stage;
}

export function settingsWith(configuration: Configuration): ReturnType<typeof settingsOf> {
  const settings = settingsOf(configuration);
  const { fault } = configuration;
  return { ...settings, sd3: { ...settings.sd3, plugins: fault ? [faultyPlugin(fault)] : [] } };
}
