import { existsSync } from 'node:fs';
import { configPath } from '#config/file';
import type { Explanation } from '../../explain/answer';
import { explain } from '../../explain/explain';
import { liveView } from '../../explain/live';
import { parseQuestion, type QuestionOptions } from '../../explain/question';
import { isOurs } from '../../pass/report';
import { openConfig } from '../../pass/session';
import type { StageSession } from '../../rollout/open-stages';
import { exitCodes, type Strictness, worstOf } from '../exit-codes';
import { entryAsked, entryView, formatEntry } from '../messages/entry';
import { perStage, type StageResult } from '../per-stage';
import type { Configured, Verb } from '../verb';
import { formatAnswer } from './text';
import { answersOfWorker } from './worker-answers';

export type ExplainVerbOptions = Configured &
  Strictness &
  QuestionOptions & {
    readonly question: string;
    /** Zone id of a data plane. */
    readonly zone?: string;
    /** Name of the only stage to use. */
    readonly stage?: string;
    /** URL of a worker to ask in place of AWS. */
    readonly worker?: string;
  };

/**
 * Explains a request, domain, address or endpoint, and the next pass. Writes nothing. A code is
 * looked up in the registry of messages, without a configuration.
 */
export const runExplain: Verb<ExplainVerbOptions> = async (options, signal) => {
  const entry = entryAsked(options);
  if (entry) {
    const { json, question, terminal } = options;
    terminal.out(json ? `${JSON.stringify(entryView(entry))}\n` : formatEntry(entry, question, terminal));
    return exitCodes.done;
  }
  const question = parseQuestion(options.question, options);
  if (options.worker !== undefined) return explainByWorker({ ...options, worker: options.worker }, signal);
  let isKnown = false;
  const of = async (session: StageSession, own: AbortSignal) => {
    const view = await liveView(session, { hasRequest: question.is === 'request' }, own);
    const answer = explain(question, view, options);
    isKnown ||= answer.isKnown;
    return resultOf(answer, options);
  };
  const exitCode = await perStage({ ...options, isReadOnly: true }, signal, { doing: 'asking', of });
  return isKnown ? exitCode : worstOf([exitCode, exitCodes.error]);
};

function resultOf(answer: Explanation, options: ExplainVerbOptions): StageResult {
  return {
    exitCode: exitCodeOf(answer, options),
    json: () => JSON.stringify(answer),
    text: () => formatAnswer(answer, options.terminal),
  };
}

/** A stage that does not know the question is no failure while another stage knows it. */
function exitCodeOf({ scopes, domains }: Explanation, { strict }: Strictness): number {
  const endpoints = domains.flatMap((one) => one.endpoints);
  const isQuarantined = endpoints.some(({ quarantined }) => quarantined && isOurs(quarantined));
  const isOpen = isQuarantined || scopes.some(({ status }) => status === 'unknown');
  return strict && isOpen ? exitCodes.uncertain : exitCodes.done;
}

type ByWorker = ExplainVerbOptions & { readonly worker: string };

async function explainByWorker(options: ByWorker, signal: AbortSignal): Promise<number> {
  const { terminal, json, worker, ...asked } = options;
  const { question, method, host, header, zone, stage } = asked;
  const token = terminal.env.KONG_PRIVATELINK_WATCH_TOKEN ?? tokenIn(options);
  const answers = await answersOfWorker(
    { question, method, host, header, zone, stage },
    { url: worker, token },
    signal,
  );
  const [only, ...others] = answers;
  const print = (answer: Explanation) => terminal.out(formatAnswer(answer, terminal));
  if (json) terminal.out(`${JSON.stringify(only && others.length === 0 ? only : { stages: answers })}\n`);
  else for (const answer of answers) print(answer);
  const codes = answers.map((answer) => exitCodeOf(answer, options));
  return answers.some((one) => one.isKnown) ? worstOf(codes) : exitCodes.error;
}

/** A machine that only asks a worker needs no configuration. */
function tokenIn(options: ByWorker): string | undefined {
  const path = configPath({ path: options.config, env: options.terminal.env });
  const isThere = options.config !== undefined || existsSync(path);
  return isThere ? openConfig(options).watch.token : undefined;
}
