import { PrivatelinkError } from '#core/errors';
import type { Scope } from '#core/model';
import { type Clocks, createTimeline, inexactMs } from '#core/timing/clock';
import type { Answer, ScopeReader } from './source';

/** What is remembered of a scope's answers, to tell a sudden empty answer from a lasting one. */
export type Fullness = {
  readonly wasFull: boolean;
  /** Set when the last answer was empty after full ones: the time when it was observed. */
  readonly doubted?: Pick<Answer, 'observedAtMs'>;
};

export const neverRead: Fullness = { wasFull: false };

/** The part of an answer that decides whether it is doubted. */
export type Listed = Pick<Answer, 'observedAtMs'> & { readonly isEmpty: boolean };

/**
 * Whether an answer is doubted, and what to remember. The first empty answer after a full one is
 * doubted (fm-01), the second one is believed (fm-04). The same answer again, for example an
 * unchanged snapshot, does not count as a second one.
 */
export function judgeFullness(
  before: Fullness,
  { isEmpty, observedAtMs }: Listed,
): { readonly after: Fullness; readonly isDoubted: boolean } {
  if (!isEmpty) return { after: { ...before, wasFull: true }, isDoubted: false };
  if (before.wasFull) return { after: { wasFull: false, doubted: { observedAtMs } }, isDoubted: true };
  return { after: before, isDoubted: (observedAtMs ?? Infinity) <= (before.doubted?.observedAtMs ?? -Infinity) };
}

/**
 * Reads like `reader`, but a doubted answer fails (UNCONFIRMED): the scope's endpoints stay in use
 * until the next answer.
 */
export function holdEmpty(reader: ScopeReader, clock: Clocks): ScopeReader {
  const timeline = createTimeline(clock);
  let remembered = neverRead;
  return {
    ...reader,
    discover: async (signal) => {
      const answer = await reader.discover(signal);
      const stepMs = timeline.follow();
      if (stepMs !== 0) remembered = moved(remembered, stepMs + inexactMs);
      const { after, isDoubted } = judgeFullness(remembered, listedIn(answer));
      remembered = after;
      if (isDoubted) throw unconfirmed(reader.scope);
      return answer;
    },
  };
}

function moved({ doubted, ...rest }: Fullness, ms: number): Fullness {
  return { ...rest, doubted: doubted && { observedAtMs: doubted.observedAtMs && doubted.observedAtMs + ms } };
}

/** What a scope listed, with quarantined endpoints. */
export function listedIn({ endpoints, quarantined, observedAtMs }: Answer): Listed {
  return { isEmpty: endpoints.length === 0 && quarantined.length === 0, observedAtMs };
}

function unconfirmed({ id }: Scope): PrivatelinkError {
  return new PrivatelinkError(
    `scope ${id} lists nothing, but it listed endpoints before; its endpoints stay until the next pass confirms this`,
    { code: 'UNCONFIRMED', fix: 'if this is unexpected, check the tags of its endpoints and the credentials' },
  );
}
