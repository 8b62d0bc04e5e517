import { join } from 'node:path';
import { codeOf, formatProblem, hasCode, messageOf, PrivatelinkError } from '#core/errors';
import { digestOf } from '#core/json';
import type { Clock } from '#core/timing/clock';
import { makeFolder, writeFix } from '#io/files';
import { withOwnSignal } from '#io/signals';
import { type During, quietly } from '#io/terminal';
import { describePlane, type PlaneIdentity, planeFile } from '../../control-planes/plane-identity';
import { describeHolder, isOfDead, type Lease, readContent, takeLease } from './lease';

/** Of what one process at a time is the writer. */
export type WriterFile = { readonly stateDir: string; readonly owner: string; readonly controlPlane: PlaneIdentity };

/** Throws PrivatelinkError (OTHER_WRITER) when another process writes by now. Asked before each write: in each turn of the event loop it reads one small file. */
export type StillWriter = () => void;

/** What the one writer gets. */
export type Writing = {
  readonly stillWriter: StillWriter;
  /** Aborts with the given one, and with OTHER_WRITER once a renewal finds that another process writes. */
  readonly signal: AbortSignal;
  /** Why nothing keeps another process from writing, where that is so. */
  readonly warnings: readonly string[];
};

export type WriterOptions = {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Says whom it waits for. */
  readonly during?: During;
};

const renewMs = 5_000;
/** How long nothing may change before the holder counts as ended: six renewals. */
const staleMs = 30_000;
const pollMs = 250;
/** Whoever stood still itself, as on a paused machine, did not see that nothing changed meanwhile. */
const longestLookMs = 1_000;
/** A pass takes seconds; the longest that is allowed, an hour, is not worth waiting for. */
const longestWaitMs = 600_000;

/**
 * Does the work while no other process that uses the same stateDir writes to the control plane; waits for one that does, and takes over
 * from one that ended without a word. Gives what the work gives. Throws OTHER_WRITER after ten minutes, and the signal's reason. Where no
 * file can be made the work is done all the same, with a warning.
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
 * Writes that begin in one turn of the event loop share what the first of them finds in the file: they leave this process after that turn
 * anyway, and the look costs as much as the rest of a write's own work.
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

/** Until it is another's, or the signal aborts: then it rejects. */
async function renew(lease: Lease, { check, clock, signal }: Renewing): Promise<never> {
  for (;;) {
    await clock.sleep(renewMs, signal);
    signal.throwIfAborted();
    check();
    // What a full disk refuses now it may take in five seconds; who takes over meanwhile is found by the line above.
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

/** Says for how long a content has been seen unchanged, by the own monotonic clock alone. */
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
 * Replaces what was judged. Whoever does so holds a claim to it, a lease named for what it judged, so that one at a time does; who dies of
 * it is followed in the same way. The claim itself becomes the file: there is none for no moment, in which a third could make one.
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
