import { PrivatelinkError } from '#core/errors';
import type { Scope } from '#core/model';
import { type Clocks, createTimeline, inexactMs } from '#core/timing/clock';
import type { Answer, ScopeReader } from './source';

/** What is remembered of a scope's answers, to tell a sudden nothing from one that stays. */
export type Fullness = {
  readonly wasFull: boolean;
  /** The last answer was empty after full ones, and this is when it was observed. */
  readonly doubted?: Pick<Answer, 'observedAtMs'>;
};

export const neverRead: Fullness = { wasFull: false };

/** An answer, as far as it can be doubted. */
export type Listed = Pick<Answer, 'observedAtMs'> & { readonly isEmpty: boolean };

/**
 * Whether an answer is doubted: the first empty one after a full one is (fm-01), the second is believed (fm-04), unless it is the first
 * again, as a snapshot that nobody wrote anew; and what is remembered from then on.
 */
export function judgeFullness(
  before: Fullness,
  { isEmpty, observedAtMs }: Listed,
): { readonly after: Fullness; readonly isDoubted: boolean } {
  if (!isEmpty) return { after: { ...before, wasFull: true }, isDoubted: false };
  if (before.wasFull) return { after: { wasFull: false, doubted: { observedAtMs } }, isDoubted: true };
  return { after: before, isDoubted: (observedAtMs ?? Infinity) <= (before.doubted?.observedAtMs ?? -Infinity) };
}

/** Reads the same, but a doubted answer fails (UNCONFIRMED), so that what the scope held stays in use until the next one. */
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

/** What a scope listed of endpoints, good or not. */
export function listedIn({ endpoints, quarantined, observedAtMs }: Answer): Listed {
  return { isEmpty: endpoints.length === 0 && quarantined.length === 0, observedAtMs };
}

function unconfirmed({ id }: Scope): PrivatelinkError {
  return new PrivatelinkError(
    `scope ${id} lists nothing, after it listed endpoints before: what it held stays until the next pass confirms it`,
    { code: 'UNCONFIRMED', fix: 'if that is a surprise, check the tags of its endpoints and the credentials' },
  );
}
