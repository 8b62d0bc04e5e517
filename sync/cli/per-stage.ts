import { setMaxListeners } from 'node:events';
import { messageOf, PrivatelinkError } from '#core/errors';
import { printable } from '#core/printable';
import { paint, quietly, type Terminal, withElapsed } from '#io/terminal';
import { labelsOf } from '../control-planes/konnect/select';
import { openStages, type StageSession, type StagesOptions } from '../rollout/open-stages';
import { errorOfStage, type Unlisted } from '../rollout/stages';
import { codeText, errorView } from './error-view';
import { exitCodes, worstOf } from './exit-codes';
import type { Configured } from './verb';

/** Result of a verb for one control plane. */
export type StageResult = {
  readonly exitCode: number;
  /**
   * One JSON object. Only the printed form is built: with ten thousand changes each form takes 50
   * ms.
   */
  readonly json: () => string;
  readonly text: () => string;
  /** Text for people on standard error. */
  readonly notes?: string;
};

export type Staged = Configured & Pick<StagesOptions, 'stage' | 'allowRemovals' | 'isReadOnly' | 'isFirstIncludeNew'>;

type Work = {
  /** Called with all stages before the work on any stage begins. */
  readonly opened?: (sessions: readonly StageSession[]) => void;
  readonly of: (session: StageSession, signal: AbortSignal) => Promise<StageResult>;
  /**
   * Description for people who wait. Undefined: the verb shows its own progress. Evaluated after
   * `opened`.
   */
  readonly doing: string | (() => string | undefined);
  /** Work on the stages one after the other, for example because a person is asked. */
  readonly isInOrder?: boolean;
  /** An option that works for one control plane only, where given. */
  readonly ofOne?: string;
};

/**
 * Runs a verb's work on the only control plane or on each of several, prints the results, and
 * returns the exit code.
 */
export async function perStage(options: Staged, signal: AbortSignal, work: Work): Promise<number> {
  const { sessions, unlisted } = await openStages(options, signal);
  const [session] = sessions;
  const [missing] = unlisted;
  const count = sessions.length + unlisted.length;
  if (missing && count === 1) throw missing.thrown;
  if (count > 1 && work.ofOne) throw whichStage(work.ofOne, sessions);
  const { terminal, json } = options;
  const quiet = count > 1 ? sessions.map((one) => ({ ...one, during: quietly, onApplied: undefined })) : sessions;
  work.opened?.(quiet);
  if (!session || count > 1) {
    setMaxListeners(0, signal);
    const parts = [
      ...quiet.map((one) => partOf(one, { terminal, signal, work })),
      ...unlisted.map((one) => unlistedPart(one, terminal)),
    ];
    return perEach(parts, { options, signal, work });
  }
  const result = await ofStage(session, signal, work);
  if (json) terminal.out(`${result.json().trim()}\n`);
  else tell(result, terminal);
  return result.exitCode;
}

function whichStage(what: string, sessions: readonly StageSession[]): PrivatelinkError {
  return new PrivatelinkError(`${what} is for one stage, and there are several`, {
    code: 'CONFIG_INVALID',
    fix: `name one with --stage: ${sessions.map(({ stage }) => stage).join(', ')}`,
  });
}

/** Work on one of several stages. Never rejects. */
type Part = { readonly title: string; readonly run: () => Promise<StageResult> };

type Several = { readonly options: Staged; readonly signal: AbortSignal; readonly work: Work };

/** A failure of one stage does not stop the others. */
async function perEach(parts: readonly Part[], { options, signal, work }: Several): Promise<number> {
  const { terminal, json } = options;
  const results = work.isInOrder
    ? await inOrder(parts, { options, signal })
    : await atOnce(parts, { options, doing: work.doing });
  signal.throwIfAborted();
  if (json) terminal.out(`{"stages":[${results.map((one) => one.json().trim()).join()}]}\n`);
  return worstOf(results.map((one) => one.exitCode));
}

async function atOnce(
  parts: readonly Part[],
  { options: { terminal, json }, doing }: Pick<Several, 'options'> & Pick<Work, 'doing'>,
): Promise<readonly StageResult[]> {
  const what = typeof doing === 'string' ? doing : doing();
  const work = () => Promise.all(parts.map(async ({ title, run }) => ({ title, result: await run() })));
  const ended = await (what === undefined ? work() : withElapsed(terminal, `${what} ${parts.length} stages`, work));
  for (const { title, result } of json ? [] : ended) {
    terminal.out(title);
    tell(result, terminal);
  }
  return ended.map(({ result }) => result);
}

/** Each result is printed before the next question. */
async function inOrder(
  parts: readonly Part[],
  { options: { terminal, json }, signal }: Omit<Several, 'work'>,
): Promise<readonly StageResult[]> {
  const results: StageResult[] = [];
  for (const { title, run } of parts) {
    signal.throwIfAborted();
    if (!json) terminal.out(title);
    const result = await run();
    if (!json) tell(result, terminal);
    results.push(result);
  }
  return results;
}

function tell({ text, notes }: StageResult, terminal: Terminal): void {
  const told = text();
  if (told) terminal.out(told);
  if (notes) terminal.err(notes);
}

type Doing = Pick<Several, 'signal' | 'work'> & { readonly terminal: Terminal };

function partOf(session: StageSession, { terminal, signal, work }: Doing): Part {
  const { stage, place: controlPlane } = session;
  return {
    title: titleOf(`Stage ${stage}`, controlPlane, terminal),
    run: async () => {
      try {
        return await ofStage(session, signal, work);
      } catch (thrown) {
        // A mistake in the question is no reason to call the stage behind.
        const isMistake = thrown instanceof PrivatelinkError && thrown.code === 'CONFIG_INVALID';
        const name = `stage ${stage}${isMistake ? '' : ' is behind'}`;
        return failureOf(thrown, { name, stage, controlPlane });
      }
    },
  };
}

async function ofStage(session: StageSession, signal: AbortSignal, { of }: Work): Promise<StageResult> {
  try {
    return await of(session, signal);
  } catch (thrown) {
    throw errorOfStage(session.stage, thrown);
  }
}

function unlistedPart({ selection, thrown }: Unlisted, terminal: Terminal): Part {
  const labels = labelsOf(selection);
  const place = `at ${selection.controlPlane.address}`;
  return {
    title: titleOf(`Stages with ${labels}`, place, terminal),
    run: async () =>
      failureOf(thrown, { name: `stages with ${labels} are behind`, controlPlane: `${place}, ${labels}` }),
  };
}

type Failing = { readonly name: string; readonly stage?: string; readonly controlPlane: string };

function failureOf(thrown: unknown, { name, ...where }: Failing): StageResult {
  return {
    exitCode: exitCodes.error,
    json: () => JSON.stringify({ ...where, error: errorView(thrown) }),
    text: () => '',
    notes: `error: ${name}: ${printable(messageOf(thrown))}${codeText(errorView(thrown).code)}\n`,
  };
}

function titleOf(name: string, place: string, terminal: Terminal): string {
  return `${paint(terminal, 'bold', name)}: ${printable(place)}\n`;
}
