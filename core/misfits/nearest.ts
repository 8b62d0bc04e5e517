/**
 * Returns the known word with the fewest edits: at most three, and less than half of its letters.
 */
export function nearest(word: string, known: readonly string[]): string | undefined {
  const withinEdits = (edits: number) => known.find((one) => edits < one.length / 2 && isWithin(edits, word, one));
  return [1, 2, 3].map(withinEdits).find((one) => one !== undefined);
}

/** Whether at most this many added, removed or replaced letters turn one word into the other. */
function isWithin(edits: number, one: string, other: string): boolean {
  if (edits < 0) return false;
  if (!one || !other) return one.length + other.length <= edits;
  const [rest, otherRest] = [one.slice(1), other.slice(1)];
  if (one[0] === other[0]) return isWithin(edits, rest, otherRest);
  return (
    isWithin(edits - 1, rest, other) || isWithin(edits - 1, one, otherRest) || isWithin(edits - 1, rest, otherRest)
  );
}
