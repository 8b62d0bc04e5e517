import { fstatSync, writeFileSync } from 'node:fs';
import { isatty } from 'node:tty';
import { hasCode, messageOf, type Problem } from '#core/errors';
import { printableLines } from '#core/printable';
import { writeFix } from './files';

/** Takes a text, and calls `done` once the text is written, or with the failure. */
export type Sink = (text: string, done: (failure?: Error | null) => void) => void;

/** Tells how many texts of an output were lost. */
export type Losses = {
  /** Texts lost so far. */
  readonly count: () => number;
  /**
   * Resolves once no text waits. Returns the first failure, undefined when all texts were written.
   */
  readonly reason: () => Promise<Error | undefined>;
};

/** A process's output. A text that cannot be written is lost, and the process goes on (fm-55). */
export type Output = Losses & { readonly write: (text: string) => void };

/** A reader that stops must not fill a worker's memory. One pass writes less than this. */
const longestQueue = 16 * 2 ** 20;

/**
 * Opens standard output (1) or standard error (2) of this process. `isTerminal`: a person gets
 * colours.
 */
export function openOutput(fd: 1 | 2, isTerminal = false): Output {
  return createOutput(sinkOf(fd), isTerminal);
}

/**
 * The only way to a terminal, a pipe or a log: escapes each character that is not printable
 * (fm-51).
 */
export function createOutput(sink: Sink, isTerminal = false): Output {
  let [count, queued] = [0, 0];
  let reason: Error | undefined;
  let last: Promise<void> | undefined;
  const lose = (failure: Error) => {
    count += 1;
    reason ??= failure;
  };
  const write = (text: string) => {
    if (queued > longestQueue) return lose(new Error('its reader does not read'));
    queued += text.length;
    last = new Promise((resolve) => {
      sink(printableLines(text, isTerminal), (failure) => {
        queued -= text.length;
        if (failure) lose(failure);
        resolve();
      });
    });
  };
  return { write, count: () => count, reason: async () => last?.then(() => reason) };
}

/** Says why standard output is lost, and what to do. */
export function lossProblem(loss: Error): Problem {
  const otherwise = isReaderGone(loss) ? 'let its reader read to the end' : 'let it go to where it can be written';
  return { reason: `cannot write standard output (${messageOf(loss)})`, fix: writeFix(loss, otherwise) };
}

/** Whether the reader has left, perhaps by choice. */
export function isReaderGone(loss: Error): boolean {
  return hasCode(loss, 'EPIPE');
}

function sinkOf(fd: 1 | 2): Sink {
  const stream = fd === 1 ? process.stdout : process.stderr;
  // The caller of `write` learns of the error. Without a listener the error would end the process.
  stream.on('error', () => {});
  if (isStream(fd)) return (text, done) => void stream.write(text, done);
  // Node's own stream reports text as written even when a full disk cut it off.
  return (text, done) => {
    try {
      writeFileSync(fd, text);
    } catch (thrown) {
      return done(thrown as Error);
    }
    done();
  };
}

/** A pipe, a socket or a terminal: text waits in memory until the reader takes it. */
function isStream(fd: number): boolean {
  const kind = fstatSync(fd);
  return kind.isFIFO() || kind.isSocket() || isatty(fd);
}
