import type { LastGood } from '#core/model';
import { accountOf } from '#deck/tags';
import { beginnings, checkConvergence, follow, isStrangers, type Node } from './rules';
import { type Estate, type Pass, passMs } from './world';

export type Explored = {
  /** Distinct states by the number of passes that lead there, beginnings first. */
  readonly found: readonly number[];
  /** Count of explored passes from state to state. */
  readonly passes: number;
};

export type ExploreOptions = {
  readonly depth: number;
  /** The possible passes after another one; default: all. */
  readonly passesAfter?: (before: Pass | undefined) => readonly Pass[];
  readonly onLevel?: (found: readonly number[]) => void;
};

/**
 * Explores all sequences of `depth` passes, breadth first. Throws at the first broken rule, with
 * the way to it.
 */
export function explore(estate: Estate, options: ExploreOptions): Explored {
  const { depth, passesAfter = () => estate.passes, onLevel = () => {} } = options;
  const seen = new Set<string>();
  const isProven = createProven();
  let level = beginnings(estate).map((node) => ({ node, way: [] as readonly Pass[] }));
  const found = [level.length];
  let passes = 0;
  while (found.length <= depth) {
    const next: typeof level = [];
    for (const { node, way } of level) {
      for (const pass of passesAfter(way.at(-1))) {
        passes += 1;
        const further = [...way, pass];
        const reached = telling(further, () => follow(estate, node, pass));
        const key = options.passesAfter ? `${keyOf(reached)}\n${JSON.stringify(pass)}` : keyOf(reached);
        if (seen.has(key)) continue;
        seen.add(key);
        if (isStrangers(reached)) continue;
        // Behind the brake, only people let targets leave.
        if (estate.fixed.length === 0) telling(further, () => checkConvergence(estate, reached, isProven));
        next.push({ node: reached, way: further });
      }
    }
    level = next;
    found.push(level.length);
    onLevel(found);
  }
  return { found, passes };
}

/** The passes in which at most one of the scopes changes its answer. */
export function oneChange({ passes }: Estate): (before: Pass | undefined) => readonly Pass[] {
  const textOf = (answer: Pass['hub'] | Pass['other']) => JSON.stringify(answer);
  return (before) =>
    before === undefined
      ? passes
      : passes.filter(({ hub, other }) => textOf(hub) === textOf(before.hub) || textOf(other) === textOf(before.other));
}

/** Whether the state was already proven to come to this truth. */
function createProven(): (truth: number, node: Node) => boolean {
  const proven = new Set<string>();
  return (truth, node) => {
    const { size } = proven;
    return proven.add(`${truth} ${keyOf(node)}`).size === size;
  };
}

function telling<T>(way: readonly Pass[], work: () => T): T {
  try {
    return work();
  } catch (thrown) {
    throw new Error(`${String(thrown)}\nafter ${way.map((pass) => `\n  ${JSON.stringify(pass)}`).join('')}`);
  }
}

/** Equal for states with the same possible future: times are relative to now. */
function keyOf({ state, missed, answered }: Node): string {
  const { nowMs } = state;
  const held = [...state.held.values()].map(({ kind, key, tags }) =>
    kind === 'target' ? `${key} ${tags}` : `${key} ${accountOf(tags)}`,
  );
  const absences = Object.entries(state.absences).map(
    ([key, { count, forMs, waitedMs, observedAtMs = 0 }]) =>
      `${key} ${count} ${forMs} ${Math.min(waitedMs, passMs)} ${ageOf(observedAtMs, nowMs)}`,
  );
  const memories = Object.entries(state.memories).map(
    ([
      id,
      {
        lastGood,
        fullness: { wasFull, doubted },
      },
    ]) =>
      `${id} ${lastGood && textOf(lastGood, nowMs)} ${wasFull} ${doubted && ageOf(doubted.observedAtMs ?? 0, nowMs)}`,
  );
  const misses = [...missed].map(
    ([key, { count, sinceMs, lastMs }]) =>
      `${key} ${Math.min(count, 2)} ${ageOf(sinceMs, nowMs)} ${ageOf(lastMs, nowMs)}`,
  );
  const file = state.file && `${JSON.stringify(state.file.content)} ${ageOf(state.file.atMs, nowMs)}`;
  return [...held, ...absences.sort(), ...memories.sort(), ...misses.sort(), file, ...[...answered].sort()].join('\n');
}

function textOf({ observedAtMs, accountId, isRestored, discovered }: LastGood, nowMs: number): string {
  const endpoints = discovered.endpoints.map(({ id, state, observed }) => `${id} ${state} ${observed?.scopeId}`);
  return `${ageOf(observedAtMs, nowMs)} ${accountId} ${isRestored} ${endpoints}`;
}

/** Age in passes. All ages above two are equal, and so are all ages in days. */
function ageOf(timeMs: number, nowMs: number): number {
  const passes = Math.ceil((nowMs - timeMs) / passMs);
  return passes > 100 ? 100 : Math.min(passes, 2);
}
