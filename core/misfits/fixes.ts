import { z } from 'zod';
import { nearest } from './nearest';

/** The fix for a value of another type. */
const kinds: Readonly<Record<string, string>> = {
  array: 'a list, such as [a, b]',
  object: 'a mapping, such as { key: value }',
  record: 'a mapping, such as { key: value }',
  string: 'a text, in quotes where it looks like something else',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
};

/**
 * Zod's error map: the fix for a value, when the schema has no text of its own; undefined leaves it
 * to Zod. A message about unknown keys has a line for each. Values are never printed, because they
 * may be secrets.
 */
export function fixOf(issue: z.core.$ZodRawIssue): string | undefined {
  switch (issue.code) {
    case 'invalid_type':
      return issue.input === undefined ? required(issue.inst) : `write ${kinds[issue.expected] ?? issue.expected}`;
    case 'invalid_value':
      return `write ${oneOf(issue.values)}`;
    case 'invalid_union':
      return Array.isArray(issue.options) ? `write ${oneOf(issue.options)}` : undefined;
    case 'invalid_format':
      return issue.format === 'starts_with' ? `write a text that starts with ${issue.prefix}` : undefined;
    case 'too_small':
      return `write ${amount(issue.minimum, issue.origin)} or more`;
    case 'too_big':
      return `write ${amount(issue.maximum, issue.origin)} or less`;
    case 'unrecognized_keys':
      return issue.keys.map((key) => unknownKey(key, issue.inst)).join('\n');
    default:
      return undefined;
  }
}

function required(schema: unknown): string {
  const description = schema instanceof z.ZodType ? schema.description : undefined;
  return description ? `is required: ${description}` : 'is required';
}

function oneOf(values: readonly unknown[]): string {
  return values.length > 1 ? `one of ${values.join(', ')}` : String(values[0]);
}

function amount(limit: number | bigint, origin: string): string {
  if (origin === 'array') return `${limit} ${limit === 1 ? 'item' : 'items'}`;
  if (origin === 'string') return `${limit} ${limit === 1 ? 'character' : 'characters'}`;
  return String(limit);
}

function unknownKey(key: string, schema: unknown): string {
  const known = schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
  const meant = nearest(key, known);
  return `unknown key${meant ? ` (did you mean ${meant}?)` : ''}: correct its spelling or remove it`;
}
