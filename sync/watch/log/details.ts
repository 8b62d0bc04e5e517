import { printableLines } from '#core/printable';
import { type Conditions, conditionWords, type Followed } from './conditions';
import { isHeld } from './follow';
import { textOf } from './text';
import { together } from './together';

/** A longer answer of a probe helps nobody. */
const mostDetails = 50;

/** Returns the conditions that hold, or are undecided. */
export function heldIn(conditions: Conditions): readonly Followed[] {
  return [...conditions.values()].filter(isHeld);
}

/** Formats held conditions for people, one line each. `nowMs` is monotonic. */
export function detailsOf(conditions: Conditions, nowMs: number): string {
  const held = heldIn(conditions);
  const lines = held.slice(0, mostDetails).map(({ condition: { kind, who, why }, sinceMs }) => {
    const forSeconds = Math.round((nowMs - sinceMs) / 1_000);
    return { message: conditionWords[kind].begins, fields: { ...who, forSeconds, ...why } };
  });
  const texts = together(lines).map(({ message, fields }) => textOf(message, fields));
  const more = held.length > mostDetails ? [`and ${held.length - mostDetails} more`] : [];
  return printableLines([...texts, ...more].map((line) => `${line}\n`).join(''), false);
}
