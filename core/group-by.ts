/**
 * Groups `items` by `keyOf`, groups and members in the order of first appearance (Map.groupBy needs
 * Node 21).
 */
export function groupBy<T, K>(items: readonly T[], keyOf: (item: T) => K): ReadonlyMap<K, readonly T[]> {
  const groups = new Map<K, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group) group.push(item);
    else groups.set(key, [item]);
  }
  return groups;
}

/** Returns the first item of each key, in order of appearance. */
export function firstOfEach<T, K>(items: readonly T[], keyOf: (item: T) => K): readonly T[] {
  return [...groupBy(items, keyOf).values()].flatMap((group) => group.slice(0, 1));
}
