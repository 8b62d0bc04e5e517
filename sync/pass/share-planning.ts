import { isDeepStrictEqual } from 'node:util';
import { compareText } from '#core/addresses/targets';
import type { Snapshot } from '#core/model';
import type { HeldEntity } from '#deck/document';
import { type PassInput, type PassPlan, planPass } from './plan-pass';

/** The input of a plan that must be equal, apart from held entities and the age of absences. */
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

/**
 * Plans once for stages that hold the same and saw the same in a round: planning is most of the
 * processor time of a pass.
 */
export function sharePlanning(plan = planPass): typeof planPass {
  const texts = new WeakMap<readonly HeldEntity[], string>();
  let last: (Made & { readonly planned: PassPlan }) | undefined;

  function textOf(held: readonly HeldEntity[]): string {
    // Control planes list entities in the order of their creation.
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
    // The plan depends on the age of absences only when there are absences. And a pin belongs to
    // one stage.
    if (Object.keys(input.absences).length > 0 || input.pin) return plan(snapshot, input);
    if (last && isSame(last, { snapshot, input })) return last.planned;
    last = { snapshot, input, planned: plan(snapshot, input) };
    return last.planned;
  };
}
