import type { z } from 'zod';
import type { AccountScope } from './accounts';
import { parseAnswer } from './answers';
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
};

/** All items of a list, page after page; one page that fails is the failure of all (fm-08). Throws PrivatelinkError. */
export async function readAwsList<T>(
  { action, page, scope, budget, signal }: List<T>,
  ask: (token: string | undefined) => Promise<unknown>,
): Promise<readonly T[]> {
  const items: T[] = [];
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
  } while (token);
  return items;
}
