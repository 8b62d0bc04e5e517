import { compareText } from '#core/addresses/targets';
import { digest } from './ids';
import type { Place, Zone } from './model';

/** Zones that an ordinary account sees in the larger regions; elsewhere three. */
const zoneCounts = new Map([
  ['us-east-1', 6],
  ['us-west-2', 4],
]);

/** AWS's short words for regions in zone ids: `ap-southeast-2` has `apse2-az1`. */
const shortened = new Map(
  Object.entries({
    central: 'c',
    east: 'e',
    gov: 'g',
    north: 'n',
    northeast: 'ne',
    northwest: 'nw',
    south: 's',
    southeast: 'se',
    southwest: 'sw',
    west: 'w',
  }),
);

/** Zone ids of a region, in their own order; the same for every account. */
export function zoneIdsOf(region: string): readonly string[] {
  const prefix = region
    .split('-')
    .map((word) => shortened.get(word) ?? word)
    .join('');
  return Array.from({ length: zoneCounts.get(region) ?? 3 }, (_, index) => `${prefix}-az${index + 1}`);
}

/**
 * Returns the zones of one account, in order of name. AWS shuffles the names for each account; here
 * a hash of its id does.
 */
export function zonesOf({ account, region }: Place): readonly Zone[] {
  return zoneIdsOf(region)
    .map((id) => ({ id, rank: digest(`${account}:${id}`, 40) }))
    .sort((a, b) => compareText(a.rank, b.rank))
    .map(({ id }, index) => ({ id, name: `${region}${String.fromCharCode(97 + index)}` }));
}
