import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { formatProblem, messageOf } from '#core/errors';
import type { Parts } from '#deck/revision';
import { writeFix } from '#io/files';
import { readSealed, type Sealed, writeSealed } from '#io/sealed-file';
import { isPlaneFile, type PlaneIdentity, planeFile, planeIdentitySchema } from '../control-planes/plane-identity';
import type { Baseline } from './gates/gate';

/**
 * Who caused a write: checksum of the configuration file (twelve hexadecimal digits), user, and CI
 * run, if known.
 */
export type By = { readonly configuration?: string; readonly user?: string; readonly run?: string };

/** A revision that a stage got. */
export type Run = {
  /** Unix epoch, milliseconds. */
  readonly atMs: number;
  readonly revision: string;
  /** `render`: somebody else was to write it. */
  readonly how: 'sync' | 'rollback' | 'render';
  readonly by: By;
  /** One line for people: `1 created, 2 updated: service sd2, …`. */
  readonly changes: string;
};

export type PinnedTo = {
  readonly revision: string;
  /** The revision that was rolled back. Absent: a person has to end the pin. */
  readonly left?: string;
};

/** An entity with the id and the revision of its creation. */
export type Created = { readonly id: string; readonly revision: string };

/** Verdict of a trial, and the gate that decided it. */
export type TrialVerdict = {
  readonly kind: 'pass' | 'fail' | 'inconclusive';
  readonly gate?: string;
  /** Text for people. */
  readonly reason: string;
  readonly atMs: number;
};

/** A revision on trial: it must prove itself on a stage before the next stage gets it. */
export type StageTrial = {
  readonly revision: string;
  /** When the trial began; distinguishes two trials of one revision. */
  readonly sinceMs?: number;
  /** Digests of the revision's parts, to compare with what a later stage would get. */
  readonly parts: Parts;
  /**
   * The stage ran the revision before anybody asked for proof, so there is nothing to roll back.
   */
  readonly isFound?: boolean;
  /** Values of the gates before the write, by name of the gate. */
  readonly before: Readonly<Record<string, Baseline>>;
  /** When the bake began, if it has. */
  readonly bakingSinceMs?: number;
  /** Absent: the trial is under way, or was interrupted and begins again. */
  readonly verdict?: TrialVerdict;
  readonly approved?: { readonly atMs: number; readonly by: By };
};

/** The state of one stage. It is recorded before anything is done about it. */
export type StageState = {
  /** The revision that the stage runs, or is getting. */
  readonly runs?: string;
  /** Whether all of that revision was written. */
  readonly isWhole: boolean;
  /** The part of that revision outside its entities: `affinity` and base files. */
  readonly settings?: string;
  readonly pin?: PinnedTo;
  /** Pins that ended or were replaced, while tags of them may still be in the control plane. */
  readonly endedPins?: readonly string[];
  /** The revision that an ended pin had rolled back, until all of it is written again. */
  readonly returnsTo?: string;
  /** With a rollout: the trial of the revision that the stage runs. */
  readonly trial?: StageTrial;
  /** With a rollout: the last revision that passed its trial, or ran before the first trial. */
  readonly stable?: string;
  /** The trial after which the stage rolled back, until the next trial. */
  readonly failed?: { readonly revision: string; readonly verdict: TrialVerdict };
  /** Revisions that later stages may get without proof on this stage. */
  readonly skipped?: readonly string[];
  /** Services, routes and plugins, by `kind:key`. */
  readonly created: Readonly<Record<string, Created>>;
  /** Oldest first. */
  readonly history: readonly Run[];
};

/**
 * Returns the trial of what the stage runs. Undefined: there is none, or it is about another
 * revision.
 */
export function trialOf({ trial, runs }: StageState): StageTrial | undefined {
  return trial?.revision === runs ? trial : undefined;
}

/**
 * Returns the trial for which the stage rolled back. Undefined: it did not, or has gone on since.
 */
export function backFrom({ failed, pin }: StageState): StageState['failed'] {
  return failed?.revision === pin?.left ? failed : undefined;
}

/**
 * Ends the pin of a stage: the tag of the pin no longer applies, and the revision that was rolled
 * back comes again.
 */
export function unpinned(pinned: StageState): StageState {
  const { pin, ...state } = pinned;
  return pin ? { ...state, endedPins: endedWith(pinned), returnsTo: pin.left } : state;
}

/**
 * Returns the pins that no longer apply after the present one ends. `said`: pins that tags in the
 * control plane name.
 */
export function endedWith({ pin, endedPins = [] }: StageState, said: readonly string[] = []): readonly string[] {
  return [...new Set([...endedPins, ...said, ...(pin ? [pin.revision] : [])])];
}

export const nothingRun: StageState = { isWhole: true, created: {}, history: [] };

export type StagePlace = { readonly stateDir: string; readonly owner: string; readonly controlPlane: PlaneIdentity };

/** Keeps the state of a stage beyond the process. */
export interface Journal {
  /** Never rejects. An unusable file is treated as empty, with a warning. */
  read(): Promise<{ readonly state: StageState; readonly warnings: readonly string[] }>;
  /** Resolves when it is on the disk. Rejects with the system's error. */
  write(state: StageState): Promise<void>;
}

const revisionId = z.string().regex(/^[0-9a-f]{12}$/);
/** Limit of a Date. */
const lastMs = 8.64e15;
const atMs = z.number().min(-lastMs).max(lastMs);
const by = z.object({
  configuration: z.string().optional(),
  user: z.string().optional(),
  run: z.string().optional(),
});
const verdict = z.object({
  kind: z.enum(['pass', 'fail', 'inconclusive']),
  gate: z.string().optional(),
  reason: z.string(),
  atMs,
});
const trial = z.object({
  revision: revisionId,
  sinceMs: atMs.optional(),
  parts: z.record(z.string(), z.string()),
  isFound: z.boolean().optional(),
  before: z.record(z.string(), z.union([z.number(), z.string()])),
  bakingSinceMs: atMs.optional(),
  verdict: verdict.optional(),
  approved: z.object({ atMs, by }).optional(),
});
const run = z.object({
  atMs,
  revision: revisionId,
  how: z.enum(['sync', 'rollback', 'render']),
  by,
  changes: z.string(),
});

type JournalFile = StageState & Omit<StagePlace, 'stateDir'>;

const journalFile: Sealed<JournalFile> = {
  subject: 'the journal',
  version: 1,
  form: 'sorted',
  schema: z.object({
    owner: z.string(),
    controlPlane: planeIdentitySchema,
    runs: revisionId.optional(),
    isWhole: z.boolean(),
    settings: z.string().optional(),
    endedPins: z.array(revisionId).optional(),
    returnsTo: revisionId.optional(),
    pin: z.object({ revision: revisionId, left: revisionId.optional() }).optional(),
    trial: trial.optional(),
    stable: revisionId.optional(),
    failed: z.object({ revision: revisionId, verdict }).optional(),
    skipped: z.array(revisionId).optional(),
    created: z.record(z.string(), z.object({ id: z.string(), revision: revisionId })),
    history: z.array(run),
  }),
  code: 'STATE',
  fixes: { damaged: 'sync writes it again' },
};

const another = { reason: 'belongs to another control plane or owner', fix: journalFile.fixes.damaged };
const nothingFiled: StageState & Partial<JournalFile> = nothingRun;

/** Runs that a journal remembers. Only the revisions of the last 20 are kept. */
const mostRuns = 100;

/**
 * Opens the journal of a stage. Its file is named for owner and control plane, is replaced as a
 * whole, and is read again only after a replacement.
 */
export function openJournal({ stateDir, owner, controlPlane }: StagePlace): Journal {
  const path = join(stateDir, journalName(owner, controlPlane));
  const mismatchOf = (file: JournalFile) =>
    journalName(file.owner, file.controlPlane) === basename(path) ? undefined : another;
  let known: { readonly version: string; readonly state: StageState } | undefined;
  let unread: unknown;
  return {
    read: async () => {
      const version = await versionOf(path);
      unread = undefined;
      if (known?.version === version) return { state: known.state, warnings: [] };
      try {
        const file = await readSealed(path, { ...journalFile, mismatchOf });
        const { owner: _, controlPlane: __, ...state } = file ?? nothingFiled;
        known = { version, state };
        return { state, warnings: [] };
      } catch (thrown) {
        // A damaged file is replaced. A file that this process may not read belongs to somebody
        // else and stays.
        unread = await access(path, constants.R_OK).then(
          () => undefined,
          (denied: unknown) => denied,
        );
        const lost = `the journal of this stage cannot be used (${messageOf(thrown)}): the earlier runs are unknown, and rollback needs the id of a revision`;
        return { state: nothingRun, warnings: [lost] };
      }
    },
    write: async ({ history, ...state }) => {
      if (unread) throw unread;
      await writeSealed(path, { owner, controlPlane, ...state, history: history.slice(-mostRuns) }, journalFile);
    },
  };
}

/** Text that differs after each replacement of the file. */
async function versionOf(path: string): Promise<string> {
  const found = await stat(path, { bigint: true }).catch(() => undefined);
  return found ? `${found.ino} ${found.mtimeNs} ${found.size}` : 'none';
}

function journalName(owner: string, controlPlane: PlaneIdentity): string {
  return `${planeFile('stage', owner, controlPlane)}.json`;
}

/** Whether a file of stateDir is a journal of this owner. */
export function isJournal(name: string, owner: string): boolean {
  return isPlaneFile(name, 'stage', owner);
}

/** Reads the journal in `path`. Undefined: unusable. */
export async function readJournal(path: string): Promise<StageState | undefined> {
  return readSealed(path, journalFile).catch(() => undefined);
}

/** Warning that a write cannot be recorded. */
export function unwritable(stateDir: string, thrown: unknown): string {
  const fix = `${writeFix(thrown, 'make stateDir writable')}, or rollback cannot return to this revision`;
  return formatProblem({ reason: `the journal cannot be written to ${stateDir} (${messageOf(thrown)})`, fix });
}
