import { setMaxListeners } from 'node:events';
import { messageOf, PrivatelinkError } from '#core/errors';
import { printable } from '#core/printable';
import { paint, quietly, type Terminal, withElapsed } from '#io/terminal';
import { openStages, type StageSession, type StagesOptions } from '../rollout/open-stages';
import { errorOfStage } from '../rollout/stages';
import type { Configured } from './commands/verb';
import { errorView } from './error-view';
import { exitCodes, worstOf } from './exit-codes';

/** What a verb came to for one control plane. */
export type StageResult = {
  readonly exitCode: number;
  /** One JSON object. Only the one that is printed is made: of ten thousand changes either takes 50 ms. */
  readonly json: () => string;
  readonly text: () => string;
  /** For people, on standard error. */
  readonly notes?: string;
};

export type Staged = Configured & Pick<StagesOptions, 'stage' | 'allowRemovals' | 'isReadOnly'>;

type Work = {
  readonly of: (session: StageSession, signal: AbortSignal) => Promise<StageResult>;
  /** What it does, for people who wait. */
  readonly doing: string;
  /** One after the other, as where a person is asked. */
  readonly isInOrder?: boolean;
  /** An option that was given, and is for one control plane. */
  readonly ofOne?: string;
};

/** Does a verb's work for the only control plane, or for each of several, and prints what came of it; gives the exit code. */
export async function perStage(options: Staged, signal: AbortSignal, work: Work): Promise<number> {
  const sessions = await openStages(options, signal);
  const [session, ...more] = sessions;
  if (!session || more.length > 0) {
    if (work.ofOne) throw whichStage(work.ofOne, sessions);
    return perEach(sessions, { options, signal, work });
  }
  const { terminal, json } = options;
  const result = await ofStage(session, signal, work);
  const { notes, exitCode } = result;
  const printed = json ? `${result.json().trim()}\n` : result.text();
  if (printed) terminal.out(printed);
  if (notes && !json) terminal.err(notes);
  return exitCode;
}

function whichStage(what: string, sessions: readonly StageSession[]): PrivatelinkError {
  const fix = `say which with --stage: ${sessions.map(({ stage }) => stage).join(', ')}`;
  return new PrivatelinkError(`${what} is for one stage, and there are ${sessions.length}`, {
    code: 'CONFIG_INVALID',
    fix,
  });
}

type Several = { readonly options: Staged; readonly signal: AbortSignal; readonly work: Work };

/** One that fails keeps no other from what it does. */
async function perEach(sessions: readonly StageSession[], { options, signal, work }: Several): Promise<number> {
  const { terminal, json } = options;
  setMaxListeners(0, signal);
  const quiet = sessions.map((session) => ({ ...session, during: quietly, onApplied: undefined }));
  const results = work.isInOrder
    ? await inOrder(quiet, (one) => resultOf(one, signal, work))
    : await withElapsed(terminal, `${work.doing} ${sessions.length} stages`, () =>
        Promise.all(quiet.map((one) => resultOf(one, signal, work))),
      );
  signal.throwIfAborted();
  if (json) terminal.out(`{"stages":[${results.map((one) => one.json().trim()).join()}]}\n`);
  else
    for (const [index, { text, notes }] of results.entries()) {
      const [session] = sessions.slice(index);
      // Where a person was asked, the title is above the question.
      terminal.out(`${session && !work.isInOrder ? stageTitle(session, terminal) : ''}${text()}`);
      if (notes) terminal.err(notes);
    }
  return worstOf(results.map((one) => one.exitCode));
}

async function inOrder<T>(
  items: readonly T[],
  work: (item: T) => Promise<StageResult>,
): Promise<readonly StageResult[]> {
  const results: StageResult[] = [];
  for (const item of items) results.push(await work(item));
  return results;
}

async function ofStage(session: StageSession, signal: AbortSignal, { of }: Work): Promise<StageResult> {
  try {
    return await of(session, signal);
  } catch (thrown) {
    throw errorOfStage(session.stage, thrown);
  }
}

async function resultOf(session: StageSession, signal: AbortSignal, work: Work): Promise<StageResult> {
  try {
    return await ofStage(session, signal, work);
  } catch (thrown) {
    const { stage, place: controlPlane } = session;
    return {
      exitCode: exitCodes.error,
      json: () => JSON.stringify({ stage, controlPlane, error: errorView(thrown) }),
      text: () => '',
      notes: `error: stage ${stage} is behind: ${printable(messageOf(thrown))}\n`,
    };
  }
}

/** Nothing for the only control plane. */
export function stageTitle({ stage, place }: Pick<StageSession, 'stage' | 'place'>, terminal: Terminal): string {
  return stage === undefined ? '' : `${paint(terminal, 'bold', `Stage ${stage}`)}: ${printable(place)}\n`;
}
