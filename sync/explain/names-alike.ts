import { compareText } from '#core/addresses/targets';
import { nearest } from '#core/misfits/nearest';
import type { EndpointAnswer } from './answer';
import type { Fate } from './fates';
import type { ExplainQuestion } from './question';

/** A longer list would show everything. */
const mostNames = 5;

type Names = { readonly endpoints: readonly EndpointAnswer[]; readonly fates: readonly Fate[] };

/**
 * Returns names, paths or addresses like the question: the nearest first, then names with the same
 * beginning.
 */
export function namesAlike(question: ExplainQuestion, names: Names): readonly string[] {
  const asked = question.is === 'request' ? (question.request.path.split('?')[0] ?? '') : question.text;
  const known = [...new Set(namesFor(question, names))].sort(compareText);
  const found = nearest(asked, known);
  const alike = known.filter((one) => one !== found && beginsAlike(one, asked));
  return [...(found === undefined ? [] : [found]), ...alike].slice(0, mostNames);
}

function namesFor(question: ExplainQuestion, { endpoints, fates }: Names): readonly string[] {
  if (question.is === 'request') return endpoints.flatMap(({ paths }) => paths);
  if (question.is === 'address') return endpoints.flatMap(({ addresses }) => addresses.map(({ address }) => address));
  const domains = [...endpoints, ...fates].flatMap(({ domain }) => domain ?? []);
  return question.text.startsWith('vpce-') ? endpoints.map(({ id }) => id) : domains;
}

/** Whether both share the first three quarters of the shorter one, at least three characters. */
function beginsAlike(one: string, other: string): boolean {
  const half = Math.max(3, Math.ceil(Math.min(one.length, other.length) * 0.75));
  return one.length >= 3 && one.slice(0, half) === other.slice(0, half);
}
