import { type Rcode, rcodes, types } from '../packets/numbers';

/** What is counted of one kind of answers. */
export type Counted = { count: number };

/** What is counted while questions are answered. */
export type AnswerCounts = {
  /** By type and result, as labels have them. */
  readonly answers: Map<string, Counted & { readonly type: string; readonly rcode: Rcode }>;
  /** Questions that were passed on, and those of them that no server answered. */
  forwarded: number;
  unforwarded: number;
  /** Answers that were not given since all is too old. */
  stale: number;
  /** Answers that did not fit, and whose client was told to come by TCP. */
  truncated: number;
};

/** Nothing counted yet. */
export function createAnswerCounts(): AnswerCounts {
  return { answers: new Map(), forwarded: 0, unforwarded: 0, stale: 0, truncated: 0 };
}

/** What counts by type: all others are one. */
export const countedTypes = ['SRV', 'A', 'AAAA', 'SOA', 'ANY', 'other'] as const;
export const countedRcodes = Object.keys(rcodes) as readonly Rcode[];

const names: ReadonlyMap<number, string> = new Map(
  countedTypes.flatMap((name) => (name === 'other' ? [] : [[types[name], name] as const])),
);

/** The counter of answers with this result; without a type: to what could not be read. */
export function counterOf({ answers }: AnswerCounts, rcode: Rcode, typeNumber?: number): Counted {
  const type = names.get(typeNumber ?? 0) ?? 'other';
  const key = `${type} ${rcode}`;
  const counted = answers.get(key) ?? { count: 0, type, rcode };
  answers.set(key, counted);
  return counted;
}
