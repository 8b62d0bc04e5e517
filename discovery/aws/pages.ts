import type { z } from 'zod';
import { PrivatelinkError } from '#core/errors';
import { createPageCount } from '#core/page-count';
import type { AccountScope } from './accounts';
import { noProxyFix, parseAnswer } from './answers';
import type { CallBudget } from './call-budget';
import { wrapAwsError } from './errors';

export type Page<T> = { readonly items: readonly T[]; readonly NextToken?: string };

export type List<T> = {
  /** The action's name in IAM policies, for example `ec2:DescribeVpcs`. */
  readonly action: `${string}:${string}`;
  readonly page: z.ZodType<Page<T>>;
  readonly scope: AccountScope;
  readonly budget: CallBudget;
  readonly signal: AbortSignal;
  /** A longer list is taken for endless; default 300. */
  readonly mostPages?: number;
};

/**
 * The call budget allows 350 calls in the 30 s of a scope, so an endless list is reported as one.
 * 300 pages of 100 items are 30,000 items.
 */
const defaultMostPages = 300;

/**
 * All items of a list, page by page. One failed page fails the list (fm-08). So does a page token
 * that repeats, or a page too many (fm-54). Throws PrivatelinkError.
 */
export async function readAwsList<T>(
  { action, page, scope, budget, signal, mostPages = defaultMostPages }: List<T>,
  ask: (token: string | undefined) => Promise<unknown>,
): Promise<readonly T[]> {
  const items: T[] = [];
  const whyEndless = createPageCount(mostPages);
  let token: string | undefined;
  do {
    const answer = await wrapAwsError(action, scope, async () => {
      await budget.take({ ...scope, action: action.slice(action.indexOf(':') + 1) }, signal);
      return ask(token);
    });
    const read = parseAnswer(page, answer, scope);
    items.push(...read.items);
    // The last page carries no token, or an empty one.
    token = read.NextToken || undefined;
    const why = token && whyEndless(token);
    if (why) throw endlessError(action, scope, why);
  } while (token);
  return items;
}

function endlessError(action: string, { id }: AccountScope, why: string): PrivatelinkError {
  return new PrivatelinkError(
    `scope ${id}: AWS's list for ${action} does not end: ${why}; what was known stays in use`,
    { code: 'BAD_ANSWER', fix: noProxyFix },
  );
}
