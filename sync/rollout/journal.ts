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

/** Who had a revision written: what the configuration file held (twelve hexadecimal digits), the user, and the run of CI, where there is one. */
export type By = { readonly configuration?: string; readonly user?: string; readonly run?: string };

/** A revision that a stage was brought to. */
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
  /** What was taken back; absent: a person ends the pin. */
  readonly left?: string;
};

/** An entity that came with a revision, under the id that it was written with. */
export type Created = { readonly id: string; readonly revision: string };

/** What came of a trial, and which gate decided it. */
export type TrialVerdict = {
  readonly kind: 'pass' | 'fail' | 'inconclusive';
  readonly gate?: string;
  /** For people. */
  readonly reason: string;
  readonly atMs: number;
};

/** A revision that proves itself on a stage before it reaches the next. */
export type StageTrial = {
  readonly revision: string;
  /** When it was begun; tells it from another trial of the same revision. */
  readonly sinceMs?: number;
  /** What the revision holds, so that what a later stage would get can be compared with it. */
  readonly parts: Parts;
  /** The stage ran it before anybody asked for proof: there is nothing to take back. */
  readonly isFound?: boolean;
  /** What gates measured before it was written, by their name. */
  readonly before: Readonly<Record<string, Baseline>>;
  /** Since when the gates are watched, where they are. */
  readonly bakingSinceMs?: number;
  /** Absent: it is under way, or was interrupted and begins anew. */
  readonly verdict?: TrialVerdict;
  readonly approved?: { readonly atMs: number; readonly by: By };
};

/** What is known of one stage, written before anything is done about it. */
export type StageState = {
  /** The revision that it runs, or is being brought to. */
  readonly runs?: string;
  /** All of that revision was written. */
  readonly isWhole: boolean;
  /** Of that revision, what is in no entity: `affinity` and base files. */
  readonly settings?: string;
  readonly pin?: PinnedTo;
  /** Pins that have ended, or gave way to another one, while the control plane may say them still. */
  readonly endedPins?: readonly string[];
  /** What a pin that has ended took back, until all of it is written. */
  readonly returnsTo?: string;
  /** With a rollout: of the revision that the stage runs. */
  readonly trial?: StageTrial;
  /** With a rollout: the last revision that passed its trial, or ran before the first. */
  readonly stable?: string;
  /** The trial after which the stage went back, until the next one. */
  readonly failed?: { readonly revision: string; readonly verdict: TrialVerdict };
  /** Revisions that later stages may get although this one has not proved them. */
  readonly skipped?: readonly string[];
  /** Services, routes and plugins by `kind:key`. */
  readonly created: Readonly<Record<string, Created>>;
  /** Oldest first. */
  readonly history: readonly Run[];
};

/** The trial of what the stage runs; undefined: there is none, or it is about another revision. */
export function trialOf({ trial, runs }: StageState): StageTrial | undefined {
  return trial?.revision === runs ? trial : undefined;
}

/** The trial for which the stage went back, and stays so; undefined: it did not, or has gone on since. */
export function backFrom({ failed, pin }: StageState): StageState['failed'] {
  return failed?.revision === pin?.left ? failed : undefined;
}

/** A stage that is pinned no more: the tag of its pin counts for nothing, and what was taken back comes again. */
export function unpinned(pinned: StageState): StageState {
  const { pin, ...state } = pinned;
  return pin ? { ...state, endedPins: endedWith(pinned), returnsTo: pin.left } : state;
}

/** The pins that count for nothing once the present one has ended; `said`: what the control plane says of others. */
export function endedWith({ pin, endedPins = [] }: StageState, said: readonly string[] = []): readonly string[] {
  return [...new Set([...endedPins, ...said, ...(pin ? [pin.revision] : [])])];
}

export const nothingRun: StageState = { isWhole: true, created: {}, history: [] };

export type StagePlace = { readonly stateDir: string; readonly owner: string; readonly controlPlane: PlaneIdentity };

/** Where what is known of a stage outlives the process. */
export interface Journal {
  /** What a file that cannot be used held is lost, and said in a warning. Never rejects. */
  read(): Promise<{ readonly state: StageState; readonly warnings: readonly string[] }>;
  /** On the disk when it resolves. Rejects with what the system says. */
  write(state: StageState): Promise<void>;
}

const revisionId = z.string().regex(/^[0-9a-f]{12}$/);
/** As long as a Date goes. */
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

/** Runs that a journal remembers; the revisions of the last 20 are kept. */
const mostRuns = 100;

/** The journal of a stage, in a file named for owner and control plane, replaced as a whole, and read again only when it was. */
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
        // What is damaged is replaced; what this process may not read is another's to lose.
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

/** Differs whenever the file was replaced. */
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

/** What the journal in `path` holds; undefined: nothing that can be used. */
export async function readJournal(path: string): Promise<StageState | undefined> {
  return readSealed(path, journalFile).catch(() => undefined);
}

/** Why nothing is remembered of what is written now. */
export function unwritable(stateDir: string, thrown: unknown): string {
  const fix = `${writeFix(thrown, 'make stateDir writable')}, or rollback cannot return to this revision`;
  return formatProblem({ reason: `the journal cannot be written to ${stateDir} (${messageOf(thrown)})`, fix });
}
