import { z } from 'zod';
import { misfitOf, PrivatelinkError, type Problem } from '#core/errors';
import type { Scope } from '#core/model';
import { missingField } from '../admission/fields';

/** A text that AWS may leave out, or give as null (fm-23). */
export const optionalText = z
  .string()
  .nullish()
  .transform((value) => value ?? undefined);

/** Tags by key; none where AWS says nothing. */
export const tagList = z
  .array(z.object({ Key: z.string(), Value: z.string().nullish() }))
  .nullish()
  .transform((tags) => new Map((tags ?? []).map(({ Key, Value }) => [Key, Value ?? ''])));

/** An item of a list that cannot be read but for its id; `misfit` names the field. */
export type Unreadable = { readonly id: string; readonly misfit: string };

/**
 * The items of a list. One with an id and a field of another form costs itself alone: `unreadable` makes an item of it. One without an id
 * fails the list, since nobody knows what is missing then (fm-03).
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

/** Why `what`, such as `it`, cannot be read; nothing where all of it fits. */
export function whyUnreadable(what: string, misfit: string | undefined): Problem | undefined {
  return misfit === undefined ? undefined : missingField(`AWS gives ${what} in a form that cannot be read (${misfit})`);
}

/** What people do about an answer that is none of AWS's. */
export const noProxyFix = 'check `endpoint` of the source, and that no proxy answers in place of AWS';

/**
 * Reads AWS's answer; throws PrivatelinkError (BAD_ANSWER), since an answer without its list
 * (a proxy's page with status 200 looks so to the SDK), or with a thing without id, says nothing about the scope (fm-03).
 */
export function parseAnswer<T>(schema: z.ZodType<T>, answer: unknown, scope: Scope): T {
  const parsed = schema.safeParse(answer);
  if (parsed.success) return parsed.data;
  const misfit = misfitOf(parsed.error, 'the answer');
  throw new PrivatelinkError(
    `scope ${scope.id}: AWS answered in a form that cannot be read (${misfit}); what was known stays in use`,
    { code: 'BAD_ANSWER', fix: noProxyFix, cause: parsed.error },
  );
}
