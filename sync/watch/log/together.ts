import { groupBy } from '#core/group-by';
import { namesOf } from '../../pass/report';
import type { Line } from './conditions';

/**
 * Joins lines about one fault of several scopes, for example a role of many regions. Each scope is
 * tracked separately, because it may recover first.
 */
export function together<L extends Pick<Line, 'message' | 'fields'>>(lines: readonly L[]): readonly L[] {
  return [...groupBy(lines, sameOf).values()].flatMap((same) => {
    const [first] = same;
    if (!first || same.length === 1) return same;
    const ages = same.map(({ fields }) => Number(fields.lastGoodSeconds ?? 0));
    const lastGoodSeconds = Math.max(...ages) || undefined;
    const scope = namesOf(same.map(({ fields }) => ({ id: String(fields.scope) })));
    return [{ ...first, fields: { ...first.fields, scope, lastGoodSeconds } }];
  });
}

function sameOf({ message, fields: { scope, lastGoodSeconds, ...rest } }: Pick<Line, 'message' | 'fields'>): string {
  return JSON.stringify([message, rest]);
}
