import { type Rcode, rcodes, types } from '../packets/numbers';

/** A counter of one kind of answers. */
export type Counted = { count: number };

/** Counters of answered questions. */
export type AnswerCounts = {
  /** By type and result, as in labels. */
  readonly answers: Map<string, Counted & { readonly type: string; readonly rcode: Rcode }>;
  /** Forwarded questions, and those without an answer from any server. */
  forwarded: number;
  unforwarded: number;
  /** Refused questions whose data was too old. */
  stale: number;
  /** Answers that did not fit; their clients were told to come over TCP. */
  truncated: number;
};

/** Counters at zero. */
export function createAnswerCounts(): AnswerCounts {
  return { answers: new Map(), forwarded: 0, unforwarded: 0, stale: 0, truncated: 0 };
}

/** Types with their own counter. All others share one. */
export const countedTypes = ['SRV', 'A', 'AAAA', 'SOA', 'ANY', 'other'] as const;
export const countedRcodes = Object.keys(rcodes) as readonly Rcode[];

const names: ReadonlyMap<number, string> = new Map(
  countedTypes.flatMap((name) => (name === 'other' ? [] : [[types[name], name] as const])),
);

/** The counter of answers with this result. Without a type, it counts unreadable questions. */
export function counterOf({ answers }: AnswerCounts, rcode: Rcode, typeNumber?: number): Counted {
  const type = names.get(typeNumber ?? 0) ?? 'other';
  const key = `${type} ${rcode}`;
  const counted = answers.get(key) ?? { count: 0, type, rcode };
  answers.set(key, counted);
  return counted;
}
