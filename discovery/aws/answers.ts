import { z } from 'zod';
import { misfitOf, PrivatelinkError, type Problem } from '#core/errors';
import type { Scope } from '#core/model';
import { missingField } from '../admission/fields';

/** A text that AWS may leave out or send as null (fm-23). */
export const optionalText = z
  .string()
  .nullish()
  .transform((value) => value ?? undefined);

/** Tags by key; empty when AWS sends none. */
export const tagList = z
  .array(z.object({ Key: z.string(), Value: z.string().nullish() }))
  .nullish()
  .transform((tags) => new Map((tags ?? []).map(({ Key, Value }) => [Key, Value ?? ''])));

/** An item of a list of which only the id can be read; `misfit` names the wrong field. */
export type Unreadable = { readonly id: string; readonly misfit: string };

/**
 * The items of a list. An item with an id and a field of the wrong form affects only itself:
 * `unreadable` turns it into an item. An item without an id fails the list, because the missing
 * thing is then unknown (fm-03).
 */
export function readableItems<T>(item: z.ZodType<T>, idKey: string, unreadable: (one: Unreadable) => T) {
  const identified = z.looseObject({ [idKey]: z.string().min(1) });
  return z.array(
    z.unknown().transform((value, context): T => {
      const parsed = item.safeParse(value);
      if (parsed.success) return parsed.data;
      const id = identified.safeParse(value).data?.[idKey];
      if (typeof id === 'string') return unreadable({ id, misfit: misfitOf(parsed.error, 'the item') });
      context.addIssue({ code: 'custom', path: [idKey], message: 'an item without id' });
      return z.NEVER;
    }),
  );
}

/** The problem of `what` (for example `it`); undefined when all fields fit. */
export function whyUnreadable(what: string, misfit: string | undefined): Problem | undefined {
  return misfit === undefined ? undefined : missingField(`AWS gives ${what} in a form that cannot be read (${misfit})`);
}

/** The fix for an answer that AWS did not send. */
export const noProxyFix = 'check `endpoint` of the source, and that no proxy answers in place of AWS';

/**
 * Parses AWS's answer. Throws PrivatelinkError (BAD_ANSWER) when its list is missing, or an item
 * has no id: such an answer says nothing about the scope (fm-03). The SDK reads a proxy's page with
 * status 200 as an answer without its list.
 */
export function parseAnswer<T>(schema: z.ZodType<T>, answer: unknown, scope: Scope): T {
  const parsed = schema.safeParse(answer);
  if (parsed.success) return parsed.data;
  const misfit = misfitOf(parsed.error, 'the answer');
  throw new PrivatelinkError(
    `scope ${scope.id}: AWS's answer cannot be read (${misfit}); what was known stays in use`,
    { code: 'BAD_ANSWER', fix: noProxyFix, cause: parsed.error },
  );
}
