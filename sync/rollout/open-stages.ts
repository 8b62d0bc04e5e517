import { readFileSync } from 'node:fs';
import { configPath } from '#config/file';
import type { Config } from '#config/schema';
import { digestOf } from '#core/json';
import { parseBase } from '#deck/file/base';
import { onlyRead } from '../contracts/open';
import { backendOf } from '../control-planes/backends';
import { takesBase } from '../control-planes/control-plane';
import type { StageMemory } from '../pass/plan-once';
import { type Ground, openGround, openSession, type Session, type SessionOptions } from '../pass/session';
import { sharePlanning } from '../pass/share-planning';
import { type RolloutOfStage, rolloutOf } from './advance/rollout-of-stage';
import { whoWrites } from './by';
import { openJournal } from './journal';
import type { MemoryOptions } from './memory';
import { openRecorded } from './recorded';
import { openRevisions } from './revisions';
import { type SharingOptions, shareDiscovery } from './share-discovery';
import { askedFor, type KnownStages, onlyStage, resolveStages, type Unlisted } from './stages';

export type StagesOptions = SessionOptions & {
  /** The stage to use. Absent: all stages. */
  readonly stage?: string;
};

/** The session of a stage, with the parts of its memory. */
export type StageSession = Session & {
  readonly memory: StageMemory;
  readonly remembered: MemoryOptions;
  /** Absent: a change goes to all stages at once. */
  readonly rollout?: RolloutOfStage;
};

/** What the stages of a configuration share, and the checksum of its file. */
export type StagesGround = Ground & { readonly configuration: string | undefined };

export function openStagesGround(options: StagesOptions): StagesGround {
  let configuration: string | undefined;
  const path = configPath({ path: options.config, env: options.terminal.env });
  const read = (file: string) => {
    const text = options.read?.(file) ?? readFileSync(file, 'utf8');
    if (file === path) configuration = digestOf(text).slice(0, 12);
    return text;
  };
  const ground = openGround({ ...options, read });
  return { ...ground, configuration };
}

/**
 * Oldest discovery that a stage plans with. A stage may have waited for another writer or for a
 * person.
 */
const freshMs = 60_000;

/** The stages that a verb works on. */
type Opened = {
  readonly sessions: readonly StageSession[];
  /** Labels whose stages could not be listed. */
  readonly unlisted: readonly Unlisted[];
};

/**
 * Opens a session for each stage, or for the one that is named. Discovery is read once for all.
 * Throws PrivatelinkError.
 */
export async function openStages(options: StagesOptions, signal: AbortSignal): Promise<Opened> {
  const ground = openStagesGround(options);
  const { stage } = options;
  const config = askedFor(ground.config, stage);
  const { unlisted, ...known } = await resolveStages(config, signal);
  const sessions = openSessions(ground, known, { signal, freshMs: () => freshMs });
  if (stage === undefined) return { sessions, unlisted };
  const { publications, ...session } = onlyStage(sessions, stage, unlisted);
  const isFirst = config.entries[0] === ground.config.entries[0];
  // A single stage need not share its discovery, so its own failure may end it.
  const { contracts, discovery } = ground;
  const { discover, confirmGone } = discovery;
  const beside = { publications: isFirst ? publications : [], contracts: isFirst ? contracts : onlyRead(contracts) };
  const meant = { ...session, discover, confirmGone, ...beside };
  return { sessions: [meant], unlisted: [] };
}

/**
 * Opens a session for each of these stages. Publications, and actions for contracts, go with the
 * first stage.
 */
export function openSessions(
  ground: StagesGround,
  known: KnownStages,
  sharing: Omit<SharingOptions, 'monotonicMs'>,
): readonly StageSession[] {
  const { configs } = known;
  const { monotonicMs } = ground.options.clock;
  const plan = sharePlanning();
  const { discovery, contracts } = ground;
  const share = shareDiscovery({ ...discovery, readContracts: contracts?.read }, { ...sharing, monotonicMs });
  return configs.map((config, index) => {
    const session = openStage(ground, config, known);
    if (configs.length === 1) return session;
    const { readContracts: read, ...shared } = share();
    const readTogether = contracts && read && { ...contracts, read };
    const beside =
      index === 0
        ? { publications: session.publications, contracts: readTogether }
        : { publications: [], contracts: onlyRead(readTogether) };
    return { ...session, ...shared, plan, ...beside };
  });
}

/**
 * Opens the session of one stage with its memory. `known` absent: nothing is known about earlier
 * stages.
 */
export function openStage(ground: StagesGround, config: Config, known?: KnownStages): StageSession {
  const session = openSession(ground, config);
  const { stateDir, owner, affinity } = config;
  const isBaseWritten = takesBase(session.controlPlane);
  const { env } = ground.options.terminal;
  const { now } = ground.options.clock;
  const rollout = known && rolloutOf(config, { known, clock: ground.options.clock });
  const remembered: MemoryOptions = {
    journal: openJournal({ stateDir, owner, controlPlane: backendOf(config.controlPlane).identity }),
    revisions: openRevisions({ stateDir, owner }),
    stateDir,
    affinity,
    base: isBaseWritten ? ground.base.texts : [],
    withBase: (texts) => session.withBase(isBaseWritten ? parseBase(texts) : ground.base),
    by: whoWrites(env, ground.configuration),
    now,
    turn: rollout?.turn,
  };
  return { ...session, stage: config.stage, memory: openRecorded(remembered), remembered, rollout };
}
