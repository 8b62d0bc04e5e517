import { fstatSync, writeFileSync } from 'node:fs';
import { isatty } from 'node:tty';
import { hasCode, messageOf, type Problem } from '#core/errors';
import { printableLines } from '#core/printable';
import { writeFix } from './files';

/** Takes a text, and says once it is written, or why it could not be. */
export type Sink = (text: string, done: (failure?: Error | null) => void) => void;

/** What became of the texts of an output. */
export type Losses = {
  /** How many could not be written so far. */
  readonly count: () => number;
  /** Resolves once none waits any more; gives why the first could not be written, undefined where all were. */
  readonly reason: () => Promise<Error | undefined>;
};

/** Where a process says something to whoever reads it. A text that cannot be written is lost, and nothing else is (fm-55). */
export type Output = Losses & { readonly write: (text: string) => void };

/** A reader that stopped reading must not fill the memory of a worker; this is above what one pass writes. */
const longestQueue = 16 * 2 ** 20;

/** Standard output (1) or standard error (2) of this process; `isTerminal`: a person gets colours there. */
export function openOutput(fd: 1 | 2, isTerminal = false): Output {
  return createOutput(sinkOf(fd), isTerminal);
}

/** The only way to a terminal, a pipe or a log: what is not printable is escaped (fm-51). */
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

/** Why what was for standard output is lost, and what people do about it. */
export function lossProblem(loss: Error): Problem {
  const otherwise = isReaderGone(loss) ? 'let its reader read to the end' : 'let it go to where it can be written';
  return { reason: `cannot write standard output (${messageOf(loss)})`, fix: writeFix(loss, otherwise) };
}

/** Whether somebody who read has left, by their own choice perhaps. */
export function isReaderGone(loss: Error): boolean {
  return hasCode(loss, 'EPIPE');
}

function sinkOf(fd: 1 | 2): Sink {
  const stream = fd === 1 ? process.stdout : process.stderr;
  // Whoever wrote is told; without a listener it would end the process.
  stream.on('error', () => {});
  if (isStream(fd)) return (text, done) => void stream.write(text, done);
  // Node's own stream takes for written what a full disk cut off.
  return (text, done) => {
    try {
      writeFileSync(fd, text);
    } catch (thrown) {
      return done(thrown as Error);
    }
    done();
  };
}

/** A pipe, a socket or a terminal: what its reader does not take yet waits in memory. */
function isStream(fd: number): boolean {
  const kind = fstatSync(fd);
  return kind.isFIFO() || kind.isSocket() || isatty(fd);
}
