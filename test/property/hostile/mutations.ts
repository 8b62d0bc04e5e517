import fc from 'fast-check';

/** One step from what is documented to what is not. */
export type Mutation = {
  readonly kind: (typeof kinds)[number];
  /** Where, in whatever it meets there: taken modulo what there is. */
  readonly at: number;
  readonly text: string;
  readonly value: unknown;
};

const kinds = ['replace', 'wrap', 'duplicate', 'truncate', 'splice', 'retype', 'rekey', 'flip'] as const;

/** So many of them, each meant for what the one before has made. */
export function mutations(
  text: fc.Arbitrary<string>,
  value: fc.Arbitrary<unknown>,
  count: number,
): fc.Arbitrary<readonly Mutation[]> {
  const one = fc.record({ kind: fc.constantFrom(...kinds), at: fc.nat(9_999), text, value });
  return fc.array(one, { minLength: count, maxLength: count });
}

/**
 * Applies the first mutation to the value, the second to its result, and so on. The value itself
 * stays unchanged.
 */
export function mutate(value: unknown, [first, ...rest]: readonly Mutation[]): unknown {
  if (!first) return value;
  const places = placesOf(value);
  const place = places[first.at % places.length] ?? [];
  return changedAt(value, place, (found) => mutate(changed(found, first), rest));
}

type Place = readonly string[];

/** A huge value counts as one place: its parts are alike. */
const mostPlaces = 200;

function placesOf(value: unknown): readonly Place[] {
  const places: Place[] = [];
  const waiting: { readonly at: Place; readonly one: unknown }[] = [{ at: [], one: value }];
  for (let next = waiting.shift(); next && places.length < mostPlaces; next = waiting.shift()) {
    const { at, one } = next;
    // Rarely the whole value is mutated: usually an answer has only one odd part.
    if (at.length > 0 || !isObject(one) || Object.keys(one).length === 0) places.push(at);
    if (isObject(one) && at.length < 30)
      for (const [key, inside] of Object.entries(one).slice(0, mostPlaces))
        waiting.push({ at: [...at, key], one: inside });
  }
  return places;
}

type Fields = Readonly<Record<string, unknown>>;

function isObject(value: unknown): value is Fields | readonly unknown[] {
  return typeof value === 'object' && value !== null && !(value instanceof Date) && !(value instanceof Uint8Array);
}

function changedAt(value: unknown, [key, ...below]: Place, change: (found: unknown) => unknown): unknown {
  if (key === undefined || !isObject(value)) return change(value);
  const entries = Object.entries(value).map(([own, inside]) => [
    own,
    own === key ? changedAt(inside, below, change) : inside,
  ]);
  return Array.isArray(value) ? entries.map(([, inside]) => inside) : Object.fromEntries(entries);
}

function changed(found: unknown, mutation: Mutation): unknown {
  if (mutation.kind === 'replace') return mutation.value;
  if (mutation.kind === 'wrap') return mutation.at % 2 ? [found] : { [mutation.text]: found };
  if (typeof found === 'string') return changedText(found, mutation);
  if (Array.isArray(found)) return changedList(found, mutation);
  return isObject(found)
    ? Object.fromEntries(changedList(Object.entries(found), mutation).map(entryOf(mutation)))
    : retyped(found);
}

function changedText(text: string, { kind, at, text: other }: Mutation): unknown {
  const cut = at % (text.length + 1);
  const [before, after] = [text.slice(0, cut), text.slice(cut)];
  if (kind === 'duplicate') return text + text;
  if (kind === 'truncate') return before;
  if (kind === 'splice') return before + other + after;
  if (kind === 'flip')
    return before + String.fromCharCode((after.charCodeAt(0) || 0) ^ (1 << (at % 16))) + after.slice(1);
  return kind === 'retype' && text.trim() !== '' && !Number.isNaN(Number(text)) ? Number(text) : other + text;
}

function changedList(list: readonly unknown[], { kind, at, value }: Mutation): readonly unknown[] {
  const cut = at % (list.length + 1);
  if (kind === 'duplicate') return [...list, ...list];
  if (kind === 'truncate') return [...list.slice(0, cut), ...list.slice(cut + 1)];
  if (kind === 'splice') return [...list.slice(0, cut), value, ...list.slice(cut)];
  return [...list].reverse();
}

/** Whatever stands where an entry was is one more field; the key of one field becomes another. */
function entryOf({ kind, at, text }: Mutation) {
  return (one: unknown, index: number, all: readonly unknown[]): readonly [string, unknown] => {
    const isEntry = Array.isArray(one) && one.length === 2 && typeof one[0] === 'string';
    const [key, value]: readonly [string, unknown] = isEntry ? [one[0], one[1]] : [text, one];
    return [kind === 'rekey' && index === at % all.length ? text : key, value];
  };
}

function retyped(found: unknown): unknown {
  if (found instanceof Date) return Number.isNaN(found.getTime()) ? 'never' : found.toISOString();
  return typeof found === 'number' ? String(found) : [found];
}

/** The same for bytes. */
export function mutateBytes(bytes: Uint8Array, steps: readonly Mutation[]): Uint8Array {
  return steps.reduce<Uint8Array>((one, step) => changedBytes(one, step), bytes);
}

function changedBytes(bytes: Uint8Array, { kind, at, text }: Mutation): Uint8Array {
  const cut = at % (bytes.length + 1);
  const [before, after] = [bytes.subarray(0, cut), bytes.subarray(cut)];
  if (kind === 'truncate') return before;
  if (kind === 'duplicate') return Buffer.concat([bytes, bytes]);
  if (kind === 'replace') return Buffer.concat([before, Buffer.from(text)]);
  if (kind === 'splice' || kind === 'wrap') return Buffer.concat([before, Buffer.from(text), after]);
  if (kind === 'retype') return Buffer.concat([before, Buffer.from([255, 255, 255, 127]), after.subarray(4)]);
  const flipped = Buffer.from(bytes);
  if (flipped.length > 0) flipped[at % flipped.length] = (flipped[at % flipped.length] ?? 0) ^ (1 << (at % 8));
  return flipped;
}
