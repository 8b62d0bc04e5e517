import type { LastGood } from '#core/model';
import { accountOf } from '#deck/tags';
import { beginnings, checkConvergence, follow, isStrangers, type Node } from './rules';
import { type Estate, type Pass, passMs } from './world';

export type Explored = {
  /** Distinct states by the number of passes that they take, the beginnings first. */
  readonly found: readonly number[];
  /** Passes from state to state that were lived through. */
  readonly passes: number;
};

export type ExploreOptions = {
  readonly depth: number;
  /** What may happen in a pass after another one; default: anything. */
  readonly passesAfter?: (before: Pass | undefined) => readonly Pass[];
  readonly onLevel?: (found: readonly number[]) => void;
};

/** Breadth first through what can happen in `depth` passes; throws, with the way there, at the first rule that is broken. */
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
        // Behind the brake it is people who let things go.
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

/** The passes in which only one of the scopes answers another thing than before, or none. */
export function oneChange({ passes }: Estate): (before: Pass | undefined) => readonly Pass[] {
  const textOf = (answer: Pass['hub'] | Pass['other']) => JSON.stringify(answer);
  return (before) =>
    before === undefined
      ? passes
      : passes.filter(({ hub, other }) => textOf(hub) === textOf(before.hub) || textOf(other) === textOf(before.other));
}

/** Whether a state was asked for before, in the company of the truth that it has to come to. */
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

/** Equal for states from which the same things can happen: times count from now. */
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

/** In passes; more than two are as many, and so are days. */
function ageOf(timeMs: number, nowMs: number): number {
  const passes = Math.ceil((nowMs - timeMs) / passMs);
  return passes > 100 ? 100 : Math.min(passes, 2);
}
