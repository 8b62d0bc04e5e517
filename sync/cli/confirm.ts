import { once } from 'node:events';
import { createInterface } from 'node:readline/promises';
import { hasCode } from '#core/errors';

export type Dialogue = {
  readonly input: NodeJS.ReadableStream;
  readonly output: NodeJS.WritableStream;
  /** Called for Ctrl-C: during the question the terminal sends no signal. */
  readonly onInterrupt: () => void;
};

/**
 * Asks a person and returns whether the answer is yes. The end of the input (Ctrl-D) is a no.
 * Rejects when aborted.
 */
export async function confirm(question: string, streams: Dialogue, signal: AbortSignal): Promise<boolean> {
  const dialogue = createInterface(streams).on('SIGINT', streams.onInterrupt);
  try {
    // Node 20.20 never settles a question whose input has ended. The process would then exit with
    // 0.
    const ended = once(dialogue, 'close', { signal }).then(() => '');
    const answer = await Promise.race([dialogue.question(`${question} [y/N] `, { signal }), ended]);
    return /^y(es)?$/i.test(answer.trim());
  } catch (thrown) {
    if (signal.aborted || !hasCode(thrown, 'ABORT_ERR')) throw thrown;
    streams.output.write('\n');
    return false;
  } finally {
    dialogue.close();
  }
}
