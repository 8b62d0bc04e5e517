import { messageOf } from '#core/errors';
import type { Explanation } from './answer';
import { explain } from './explain';
import { parseQuestion, type QuestionOptions } from './question';
import { createPatternSearch } from './routing/pattern';
import type { View } from './view';

/** A question with its options, as written. */
export type WorkerQuestion = QuestionOptions & {
  readonly question: string;
  readonly zone?: string;
  readonly stage?: string;
};

/** Returns the query of a URL that asks a worker. */
export function queryOf({ question, header = [], ...rest }: WorkerQuestion): string {
  const query = new URLSearchParams({ question });
  for (const [name, value] of Object.entries(rest)) if (value !== undefined) query.append(name, value);
  for (const one of header) query.append('header', one);
  return query.toString();
}

function askedIn(query: string): WorkerQuestion {
  const given = new URLSearchParams(query);
  const of = (name: string) => given.get(name) ?? undefined;
  const header = given.getAll('header');
  return {
    ...{ question: of('question') ?? '', method: of('method'), host: of('host'), zone: of('zone'), stage: of('stage') },
    header: header.length > 0 ? header : undefined,
  };
}

/** Answer of a worker to a query: one for each control plane, or for one stage. */
export type WorkerAnswer = { readonly status: number; readonly text: string };

/** Answers a query from the results of the last pass over each control plane. */
export function tellWorker(query: string, views: readonly View[]): WorkerAnswer {
  if (views.length === 0) return { status: 503, text: '{"message":"no pass has ended yet"}\n' };
  try {
    const { question: text, zone, stage, ...options } = askedIn(query);
    const question = parseQuestion(text, options);
    const find = createPatternSearch();
    const meant = views.filter(({ planned }) => stage === undefined || planned.report.stage === stage);
    const answers: readonly Explanation[] = meant.map((view) => explain(question, view, { zone, find }));
    return { status: 200, text: `${JSON.stringify({ answers })}\n` };
  } catch (thrown) {
    return { status: 400, text: `${JSON.stringify({ message: messageOf(thrown) })}\n` };
  }
}
