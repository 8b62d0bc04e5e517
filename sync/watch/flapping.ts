import { nameOf } from '../../deck/document';
import type { AppliedChange } from '../report';

/** Writes of one entity that tell: an endpoint made anew on the same address gives two. */
const telling = 3;
/** Passes looked back on: a window may hold changes back in between. */
const passes = 5;

export type Flapping = {
  /** Takes what a pass applied; gives the entities (`kind:key`) that were written again and again. */
  readonly record: (applied: readonly AppliedChange[]) => readonly string[];
};

/** Tells entities that were written in three of the last five passes: something else undoes it each time (fm-09, fm-10). */
export function createFlapping(): Flapping {
  const recent: (readonly string[])[] = [];
  return {
    record: (applied) => {
      recent.push(applied.filter(({ outcome }) => outcome === 'applied').map(({ change }) => nameOf(change)));
      if (recent.length > passes) recent.shift();
      const counts = new Map<string, number>();
      for (const name of recent.flat()) counts.set(name, (counts.get(name) ?? 0) + 1);
      return [...counts].filter(([, count]) => count >= telling).map(([name]) => name);
    },
  };
}

/** What is said of an entity that is written again and again. */
export function flappingMessage(name: string): string {
  return `${name.replace(':', ' ')} was written in three of the last five passes: look for a second writer with this owner and another configuration, or an endpoint that comes and goes`;
}
