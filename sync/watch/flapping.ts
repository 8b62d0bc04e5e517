import { nameOf } from '#deck/document';
import type { AppliedChange } from '../plan/changes';
import { contentOf } from '../plan/changes';

/**
 * Passes to look back. With a short interval the 30 s window holds changes back for several passes.
 */
const passes = 10;

type Write = { readonly name: string; readonly content: string };

export type Flapping = {
  /**
   * Takes the applied changes of a pass. Returns a warning for each entity that got content it had
   * before.
   */
  readonly record: (applied: readonly AppliedChange[]) => readonly string[];
};

/**
 * Detects entities that were written again with the content of one of the last ten passes (fm-09,
 * fm-10).
 */
export function createFlapping(): Flapping {
  const recent: (readonly Write[])[] = [];
  return {
    record: (applied) => {
      const written = applied.filter(({ outcome }) => outcome === 'applied').map(({ change }) => writeOf(change));
      const before = new Map<string, string[]>();
      for (const { name, content } of recent.flat()) before.set(name, [...(before.get(name) ?? []), content]);
      recent.push(written);
      if (recent.length > passes) recent.shift();
      return written.flatMap((write) => warningOf(write, before.get(write.name) ?? []));
    },
  };
}

function writeOf(change: AppliedChange['change']): Write {
  return { name: nameOf(change), content: contentOf(change) };
}

function warningOf({ name, content }: Write, before: readonly string[]): readonly string[] {
  const what = `${name.replace(':', ' ')} is flapping:`;
  if (before.at(-1) === content) {
    return [
      `${what} somebody or another process undid the last write; look for a second writer with this owner and another configuration`,
    ];
  }
  if (!before.includes(content)) return [];
  return [
    `${what} it was changed back to an earlier value; look for an endpoint that comes and goes, or tags that change repeatedly`,
  ];
}
