import type { Nodes } from '../../control-planes/backend';

/**
 * Names of data planes: those with the right configuration, those with time left, and those that
 * are too late.
 */
export type NodesSeen = {
  readonly right: readonly string[];
  readonly behind: readonly string[];
  readonly late: readonly string[];
};

type Watched = { readonly sinceMs: number; readonly had: Set<string>; isRight: boolean };

/**
 * Returns the function that watches the data planes of one trial. Discovery changes the expected
 * hash all the time, so a data plane is right once it has had any hash that was expected at a look,
 * and stays right. A data plane that connects later, or again, gets the full settle time.
 */
export function createNodeWatch(settleMs: number): (nodes: Nodes, nowMs: number) => NodesSeen {
  const expected = new Set<string>();
  const watched = new Map<string, Watched>();
  return ({ connected, expectedHash }, nowMs) => {
    if (expectedHash !== undefined) expected.add(expectedHash);
    const names = new Set(connected.map(({ name }) => name));
    for (const [name, { isRight }] of watched) if (!isRight && !names.has(name)) watched.delete(name);
    for (const { name, hash } of connected) {
      const node = watched.get(name) ?? { sinceMs: nowMs, had: new Set<string>(), isRight: false };
      watched.set(name, node);
      if (hash !== undefined && !node.isRight) node.had.add(hash);
    }
    for (const node of watched.values()) {
      node.isRight ||= [...node.had].some((hash) => expected.has(hash));
      if (node.isRight) node.had.clear();
    }
    const stateOf = (name: string) => {
      const node = watched.get(name);
      if (node?.isRight) return 'right';
      return nowMs - (node?.sinceMs ?? nowMs) >= settleMs ? 'late' : 'behind';
    };
    const those = (state: string) => [...names].filter((name) => stateOf(name) === state);
    return { right: those('right'), behind: those('behind'), late: those('late') };
  };
}
