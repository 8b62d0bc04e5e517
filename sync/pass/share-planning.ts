import { isDeepStrictEqual } from 'node:util';
import { compareText } from '#core/addresses/targets';
import type { Snapshot } from '#core/model';
import type { HeldEntity } from '#deck/document';
import { type PassInput, type PassPlan, planPass } from './plan-pass';

/** What a plan is made from, but for what is held and for the time since absences were counted. */
const others = Object.keys({
  owner: true,
  settings: true,
  base: true,
  affinity: true,
  via: true,
  allowed: true,
  policy: true,
  protect: true,
  mostOfKind: true,
  published: true,
  absences: true,
  returning: true,
  callers: true,
} satisfies Readonly<
  Record<Exclude<keyof PassInput, 'held' | 'elapsedMs' | 'pin'>, true>
>) as readonly (keyof PassInput)[];

type Made = { readonly snapshot: Snapshot; readonly input: PassInput };

/** One planning for stages that hold the same and saw the same in a round: to plan is most of what a pass costs the processor. */
export function sharePlanning(plan = planPass): typeof planPass {
  const texts = new WeakMap<readonly HeldEntity[], string>();
  let last: (Made & { readonly planned: PassPlan }) | undefined;

  function textOf(held: readonly HeldEntity[]): string {
    // Control planes list in the order in which entities were made.
    const text = texts.get(held) ?? JSON.stringify(held.toSorted((a, b) => compareText(a.id, b.id)));
    texts.set(held, text);
    return text;
  }

  function isSame(one: Made, other: Made): boolean {
    const { scopes, ...rest } = one.snapshot;
    const { scopes: otherScopes, ...otherRest } = other.snapshot;
    return (
      scopes === otherScopes &&
      isDeepStrictEqual(rest, otherRest) &&
      others.every((key) => isDeepStrictEqual(one.input[key], other.input[key])) &&
      textOf(one.input.held) === textOf(other.input.held)
    );
  }

  return (snapshot, input) => {
    // Nothing else asks how long ago something was missed; and pins are of one stage.
    if (Object.keys(input.absences).length > 0 || input.pin) return plan(snapshot, input);
    if (last && isSame(last, { snapshot, input })) return last.planned;
    last = { snapshot, input, planned: plan(snapshot, input) };
    return last.planned;
  };
}
