import { join } from 'node:path';
import { codeOf, formatProblem, hasCode, messageOf, PrivatelinkError } from '#core/errors';
import { digestOf } from '#core/json';
import type { Clock } from '#core/timing/clock';
import { makeFolder, writeFix } from '#io/files';
import { withOwnSignal } from '#io/signals';
import { type During, quietly } from '#io/terminal';
import { describePlane, type PlaneIdentity, planeFile } from '../../control-planes/plane-identity';
import { describeHolder, isOfDead, type Lease, readContent, takeLease } from './lease';

/** The control plane that has one writer at a time. */
export type WriterFile = { readonly stateDir: string; readonly owner: string; readonly controlPlane: PlaneIdentity };

/**
 * Throws PrivatelinkError (OTHER_WRITER) when another process now writes. Called before each write;
 * reads one small file in each turn of the event loop.
 */
export type StillWriter = () => void;

/** What the writer gets. */
export type Writing = {
  readonly stillWriter: StillWriter;
  /** Aborts with the given signal, or with OTHER_WRITER when a renewal finds another writer. */
  readonly signal: AbortSignal;
  /** Why nothing keeps other processes from writing, if that is so. */
  readonly warnings: readonly string[];
};

export type WriterOptions = {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Shows which process it waits for. */
  readonly during?: During;
};

const renewMs = 5_000;
/** A holder is treated as ended after this time without a change: six renewals. */
const staleMs = 30_000;
const pollMs = 250;
/**
 * Most time that one look adds: a process on a paused machine did not see whether anything changed.
 */
const longestLookMs = 1_000;
/** Passes take seconds. The longest allowed pass takes an hour, which is not worth waiting for. */
const longestWaitMs = 600_000;

/**
 * Does the work while no other process of this stateDir writes to the control plane. Waits for a
 * writer, and takes over from one that ended without removing its file. Returns the result of the
 * work. Throws OTHER_WRITER after ten minutes, and the signal's reason. When no file can be
 * created, the work is done with a warning.
 */
export async function withWriter<T>(
  file: WriterFile,
  options: WriterOptions,
  work: (writing: Writing) => Promise<T>,
): Promise<T> {
  const taken = await take(file, options);
  if ('warning' in taken) return work({ stillWriter: () => {}, signal: options.signal, warnings: [taken.warning] });
  return withOwnSignal(options.signal, async (own) => {
    const check = () => checkOurs(taken, file);
    const ended = new AbortController();
    const renewing = renew(taken, { check, clock: options.clock, signal: ended.signal }).catch((thrown) => {
      if (!ended.signal.aborted) own.abort(thrown);
    });
    try {
      return await work({ stillWriter: oncePerTurn(check), signal: own.signal, warnings: [] });
    } finally {
      ended.abort();
      await renewing;
      await taken.end();
    }
  });
}

/**
 * Checks once in each turn of the event loop. Writes of one turn leave the process together after
 * it, and a check costs as much as the rest of a write's own work.
 */
function oncePerTurn(check: StillWriter): StillWriter {
  let isChecked = false;
  return () => {
    if (isChecked) return;
    check();
    isChecked = true;
    setImmediate(() => {
      isChecked = false;
    });
  };
}

type Renewing = { readonly check: StillWriter; readonly clock: Clock; readonly signal: AbortSignal };

/** Renews until the file is another's or the signal aborts, and then rejects. */
async function renew(lease: Lease, { check, clock, signal }: Renewing): Promise<never> {
  for (;;) {
    await clock.sleep(renewMs, signal);
    signal.throwIfAborted();
    check();
    // A full disk may have room in five seconds. The line above finds a process that took over
    // meanwhile.
    await lease.renew().catch(() => undefined);
  }
}

function checkOurs(lease: Lease, file: WriterFile): void {
  if (lease.isOurs()) return;
  throw new PrivatelinkError(`another process now writes to ${describePlane(file.controlPlane)} (${pathOf(file)})`, {
    code: 'OTHER_WRITER',
    fix: 'this pass writes nothing more, and the next pass plans again; find out what stopped this process for 30 s, or what removed that file',
  });
}

function pathOf({ stateDir, owner, controlPlane }: WriterFile): string {
  return join(stateDir, planeFile('writer', owner, controlPlane));
}

async function take(file: WriterFile, options: WriterOptions): Promise<Lease | { readonly warning: string }> {
  const { signal, clock, during = quietly } = options;
  signal.throwIfAborted();
  const path = pathOf(file);
  try {
    await makeFolder(file.stateDir);
    const lease = await takeLease(path, clock.now());
    if (lease) return lease;
    const holder = describeHolder(await readContent(path));
    const waiting = { file, clock, signal, untilMs: clock.monotonicMs() + longestWaitMs };
    return await during(`waiting for ${holder}, which writes to the control plane`, () => waitFor(path, waiting));
  } catch (thrown) {
    const isOfFile = codeOf(thrown) !== undefined && !(thrown instanceof PrivatelinkError);
    if (signal.aborted || !isOfFile) throw thrown;
    return { warning: warningOf(path, thrown) };
  }
}

function warningOf(path: string, thrown: unknown): string {
  const reason = `nothing keeps a second process from writing at the same time: ${path} cannot be created (${messageOf(thrown)})`;
  const fix = hasCode(thrown, 'EISDIR') ? 'remove that folder' : writeFix(thrown, 'make stateDir writable');
  return formatProblem({ reason, fix });
}

type Waiting = Pick<WriterOptions, 'clock' | 'signal'> & { readonly file: WriterFile; readonly untilMs: number };

async function waitFor(path: string, waiting: Waiting): Promise<Lease> {
  const { clock, signal, file, untilMs } = waiting;
  const unchangedMs = createWatch(clock);
  for (;;) {
    const content = await readContent(path);
    const isOver = isOfDead(content) || unchangedMs(content) >= staleMs;
    const lease = isOver ? await takeOver(path, content, waiting) : await takeLease(path, clock.now());
    if (lease) return lease;
    if (clock.monotonicMs() >= untilMs) throw lateness(file, content);
    await clock.sleep(pollMs, signal);
  }
}

/**
 * Returns the function that says how long a content stayed unchanged, by this process's monotonic
 * clock alone.
 */
function createWatch({ monotonicMs }: Clock): (content: string) => number {
  let seen: { readonly content: string; readonly atMs: number; readonly forMs: number } | undefined;
  return (content) => {
    const atMs = monotonicMs();
    const forMs = seen?.content === content ? seen.forMs + Math.min(atMs - seen.atMs, longestLookMs) : 0;
    seen = { content, atMs, forMs };
    return forMs;
  };
}

/**
 * Replaces a file whose holder was judged ended. A claim, which is a lease named for the judged
 * content, lets only one process do this; a claim whose holder ends is taken over in the same way.
 * The claim itself becomes the file, so that a third process never finds a moment without a file.
 */
async function takeOver(path: string, judged: string, waiting: Waiting): Promise<Lease | undefined> {
  const claimed = `${path}.${digestOf(judged).slice(0, 12)}`;
  const claim = (await takeLease(claimed, waiting.clock.now())) ?? (await waitFor(claimed, waiting));
  let isTaken = false;
  try {
    isTaken = (await readContent(path)) === judged && (await claim.replace(path));
  } finally {
    if (!isTaken) await claim.end();
  }
  return isTaken ? claim : undefined;
}

function lateness({ controlPlane, stateDir }: WriterFile, content: string): PrivatelinkError {
  const reason = `${describeHolder(content)} writes to ${describePlane(controlPlane)} and has not ended after ${longestWaitMs / 60_000} minutes`;
  return new PrivatelinkError(reason, {
    code: 'OTHER_WRITER',
    fix: `try again when that process has ended, or end it; one process at a time writes from ${stateDir}`,
  });
}
