import { z } from 'zod';
import { PrivatelinkError } from '../core/errors';
import type { Scope } from '../core/model';

/** A text that AWS may leave out, or give as null (fm-23). */
export const text = z
  .string()
  .nullish()
  .transform((value) => value ?? undefined);

/** Tags by key; none where AWS says nothing. */
export const tagList = z
  .array(z.object({ Key: z.string(), Value: z.string().nullish() }))
  .nullish()
  .transform((tags) => new Map((tags ?? []).map(({ Key, Value }) => [Key, Value ?? ''])));

/**
 * Reads AWS's answer; throws PrivatelinkError (BAD_ANSWER), since an answer without its list
 * (a proxy's page with status 200 looks so to the SDK), or with a thing without id, says nothing about the scope (fm-03).
 */
export function parseAnswer<T>(schema: z.ZodType<T>, answer: unknown, scope: Scope): T {
  const parsed = schema.safeParse(answer);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new PrivatelinkError(
    `scope ${scope.id}: AWS answered in a form that cannot be read (${issue?.path.join('.')}: ${issue?.message}); what was known stays in use; check \`endpoint\` of the source, and that no proxy answers in place of AWS`,
    { code: 'BAD_ANSWER', transient: true, cause: parsed.error },
  );
}
