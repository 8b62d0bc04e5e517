import type { z } from 'zod';
import { PrivatelinkError } from '#core/errors';
import { createPageCount } from '#core/page-count';
import type { AccountScope } from './accounts';
import { noProxyFix, parseAnswer } from './answers';
import type { CallBudget } from './call-budget';
import { wrapAwsError } from './errors';

export type Page<T> = { readonly items: readonly T[]; readonly NextToken?: string };

export type List<T> = {
  /** As policies name it, such as `ec2:DescribeVpcs`. */
  readonly action: `${string}:${string}`;
  readonly page: z.ZodType<Page<T>>;
  readonly scope: AccountScope;
  readonly budget: CallBudget;
  readonly signal: AbortSignal;
  /** A list that goes on after these has no end; default 300. */
  readonly mostPages?: number;
};

/** What the call budget lets through in the 30 s of a scope is 350, so that a list without end says so; 100 items on each are 30,000. */
const defaultMostPages = 300;

/**
 * All items of a list, page after page; one page that fails is the failure of all (fm-08), and so is one that leads back, or one too
 * many (fm-54). Throws PrivatelinkError.
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
    `scope ${id}: the list that AWS gives for ${action} has no end: ${why}; what was known stays in use`,
    { code: 'BAD_ANSWER', fix: noProxyFix },
  );
}
