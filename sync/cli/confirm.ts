import { once } from 'node:events';
import { createInterface } from 'node:readline/promises';

export type Dialogue = { readonly input: NodeJS.ReadableStream; readonly output: NodeJS.WritableStream };

/** Asks a person, and gives whether the answer is yes; the end of the input (Ctrl-D, Ctrl-C) is none. Rejects when aborted. */
export async function confirm(question: string, streams: Dialogue, signal: AbortSignal): Promise<boolean> {
  const dialogue = createInterface(streams);
  try {
    // Node (20.20) never settles a question whose input has ended, and the process would end with 0.
    const ended = once(dialogue, 'close', { signal }).then(() => '');
    const answer = await Promise.race([dialogue.question(`${question} [y/N] `, { signal }), ended]);
    return /^y(es)?$/i.test(answer.trim());
  } finally {
    dialogue.close();
  }
}
