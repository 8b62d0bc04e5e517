import { groupBy } from '#core/group-by';
import {
  type Condition,
  type Conditions,
  conditionWords,
  type Fields,
  type Followed,
  type Line,
  type Seen,
} from './conditions';
import { together } from './together';

type Step = { readonly next?: Followed; readonly line?: Line };

const hourMs = 3_600_000;
/** After more begins within an hour a condition is reported as coming and going, then hourly. */
const mostTimes = 3;
/** Limit for reasons that change in every pass, for example by a number. */
const mostVariants = 5;
/**
 * Ended conditions to remember, to detect those that return. Strangers control the number of
 * quarantined endpoints.
 */
const mostGone = 1_000;
/** Lines with one message in a pass. The rest is counted. */
const mostLines = 20;

/**
 * Returns the lines to log: each condition at its begin, hourly while it lasts, and at its end.
 * `nowMs` is monotonic.
 */
export function follow(
  before: Conditions,
  { holds, isUndecided }: Seen,
  nowMs: number,
): { readonly conditions: Conditions; readonly lines: readonly Line[] } {
  const found = new Map(holds.map((one) => [`${one.kind} ${one.id}`, one]));
  const steps = new Map<string, Step>();
  for (const [id, followed] of before) {
    const condition = found.get(id);
    if (condition) steps.set(id, goOn({ ...followed, condition }, nowMs));
    else
      steps.set(id, isHeld(followed) && isUndecided(followed.condition) ? { next: followed } : rest(followed, nowMs));
  }
  for (const [id, condition] of found) if (!before.has(id)) steps.set(id, begin(condition, nowMs));
  return settle(steps, nowMs);
}

/** Whether the condition holds, or is undecided. */
export function isHeld({ goneMs }: Followed): boolean {
  return goneMs === undefined;
}

function begin(condition: Condition, nowMs: number): Step {
  return {
    next: { condition, times: 1, sinceMs: nowMs, saidMs: nowMs, variants: [condition.variant] },
    line: lineOf(condition, 'begins'),
  };
}

function goOn(followed: Followed, nowMs: number): Step {
  if (!isHeld(followed)) return beginAgain(followed, nowMs);
  const { condition, times, sinceMs, variants } = followed;
  const said = { ...followed, saidMs: nowMs };
  const isSteady = nowMs - sinceMs >= hourMs;
  if (isRestless(followed) && !isSteady)
    return isDue(followed, nowMs) ? { next: said, line: lineOf(condition, 'restless', { times }) } : { next: followed };
  const saidVariants = withVariant(followed);
  const isNew = saidVariants !== variants;
  if (!isNew && !isDue(followed, nowMs) && !isRestless(followed)) return { next: followed };
  return {
    next: { ...said, times: isSteady ? 1 : times, variants: saidVariants },
    line: lineOf(condition, 'lasts', lasted(followed, nowMs)),
  };
}

function beginAgain({ goneMs: _, ...followed }: Followed, nowMs: number): Step {
  const { condition } = followed;
  const times = followed.times + 1;
  const again = { ...followed, times, sinceMs: nowMs, variants: withVariant(followed) };
  if (times > mostTimes + 1 && !isDue(followed, nowMs)) return { next: again };
  return {
    next: { ...again, saidMs: nowMs },
    line: lineOf(condition, times > mostTimes ? 'restless' : 'begins', { times }),
  };
}

function withVariant({ condition: { variant }, variants }: Pick<Followed, 'condition' | 'variants'>) {
  return variants.includes(variant) || variants.length >= mostVariants ? variants : [...variants, variant];
}

/** Handles a condition that is gone. */
function rest(followed: Followed, nowMs: number): Step {
  const { goneMs = nowMs } = followed;
  const next = { ...followed, goneMs };
  const isOver = nowMs - goneMs >= hourMs;
  if (isRestless(followed)) return isOver ? { line: endOf(next, nowMs) } : { next };
  if (isHeld(followed)) return { next, line: endOf(next, nowMs) };
  return isOver ? {} : { next };
}

function endOf(followed: Followed, nowMs: number): Line {
  const { condition, times, goneMs = nowMs } = followed;
  const more = isRestless(followed) ? { times } : lasted(followed, goneMs);
  const { who, kind } = condition;
  return { level: 'info', message: conditionWords[kind].ends, fields: { ...who, ...more } };
}

function lineOf({ kind, who, why }: Condition, word: 'begins' | 'lasts' | 'restless', more: Fields = {}): Line {
  return {
    level: conditionWords[kind].level,
    message: conditionWords[kind][word],
    fields: { ...who, ...more, ...why },
  };
}

function lasted({ sinceMs }: Followed, untilMs: number): Fields {
  return { forSeconds: Math.round((untilMs - sinceMs) / 1_000) };
}

function isDue({ saidMs }: Followed, nowMs: number): boolean {
  return nowMs - saidMs >= hourMs;
}

function isRestless({ times }: Followed): boolean {
  return times > mostTimes;
}

/**
 * Forgets the oldest ended conditions beyond the limit, and logs an end that was not logged yet.
 */
function settle(steps: ReadonlyMap<string, Step>, nowMs: number) {
  const conditions = new Map<string, Followed>();
  for (const [id, { next }] of steps) if (next) conditions.set(id, next);
  const lines = [...steps.values()].flatMap(({ line }) => line ?? []);
  const gone = [...conditions].filter(([, one]) => !isHeld(one));
  if (gone.length > mostGone) {
    gone.sort(([, a], [, b]) => (a.goneMs ?? 0) - (b.goneMs ?? 0));
    for (const [id, followed] of gone.slice(0, -mostGone)) {
      conditions.delete(id);
      if (isRestless(followed)) lines.push(endOf(followed, nowMs));
    }
  }
  return { conditions, lines: shorten(together(lines)) };
}

/** Returns the first lines of each message, and the number of further lines. */
function shorten(lines: readonly Line[]): readonly Line[] {
  return [...groupBy(lines, ({ message }) => message)].flatMap(([message, group]) => {
    const more = group.length - mostLines;
    const [first] = group;
    if (more <= 0 || !first) return group;
    return [...group.slice(0, mostLines), { level: first.level, message, fields: { more } }];
  });
}
