import { printable } from '#core/printable';

type Fields = Readonly<Record<string, unknown>>;

/**
 * Formats an event in one line for people: its fields except zeros, then the reason and the fix.
 * Text of others can forge neither a line nor an earlier field.
 */
export function textOf(message: string, { reason, fix, ...fields }: Fields): string {
  const pairs = Object.entries(fields).map(([name, value]) => (isEmpty(value) ? '' : `${name}=${valueText(value)}`));
  const why = [reason, fix].flatMap((one) => (typeof one === 'string' ? printable(one) : []));
  const what = [message, ...pairs].filter(Boolean).join(' ');
  return why.length > 0 ? `${what}: ${why.join('; ')}` : what;
}

function isEmpty(value: unknown): boolean {
  return value === undefined || value === 0 || (Array.isArray(value) && value.length === 0);
}

/** A simple word stands as it is. Other values are JSON. */
function valueText(value: unknown): string {
  if (Array.isArray(value)) return value.map(valueText).join(',');
  return typeof value === 'string' && /^[\w.:/@|+-]+$/.test(value) ? value : printable(JSON.stringify(value));
}
