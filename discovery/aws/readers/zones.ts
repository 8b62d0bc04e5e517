import type { DescribeAvailabilityZonesCommandOutput, EC2Client } from '@aws-sdk/client-ec2';
import { z } from 'zod';
import type { Clock } from '#core/timing/clock';
import { isZoneId, regionPrefixOf } from '#core/zones';
import { withinDeadline } from '#io/signals';
import type { AccountScope } from '../accounts';
import { parseAnswer } from '../answers';
import type { CallBudget } from '../call-budget';
import { loadEc2 } from '../sdk';

/** A place whose zone AWS gives by id, by name, or not at all. */
export type Zoned = { readonly zoneId?: string; readonly zoneName?: string };

export type ZoneIds = ReadonlyMap<string, string>;

/** Ids of one account's and region's zones by name; what is not known is missing. Rejects only when the signal is aborted. */
export type ReadZoneIds = (signal: AbortSignal) => Promise<ZoneIds>;

export type ZonesOptions = {
  readonly scope: AccountScope;
  readonly client: () => Promise<EC2Client>;
  readonly budget: CallBudget;
  readonly clock: Pick<Clock, 'monotonicMs'>;
};

/** Gives each place its zone id where only the name is known; AWS is asked once, and only where an id is missing. */
export async function withZoneIds<T extends Zoned>(
  places: readonly T[],
  readZoneIds: ReadZoneIds,
  signal: AbortSignal,
): Promise<readonly T[]> {
  if (!places.some(isUnresolved)) return places;
  const zoneIds = await readZoneIds(signal);
  return places.map((place) => (isUnresolved(place) ? { ...place, zoneId: zoneIds.get(place.zoneName) } : place));
}

function isUnresolved<T extends Zoned>(place: T): place is T & { readonly zoneName: string } {
  return place.zoneId === undefined && place.zoneName !== undefined;
}

/** Gives the zone id back where it is believed. */
export type Trust = (zoneId: string | undefined) => string | undefined;

/**
 * Which of the zone ids that strangers wrote are believed, so that nobody chooses how many upstreams there are (fm-49): of the scope's own
 * region those that AWS lists; of other regions, or where AWS does not say, those of AWS's form. AWS is asked only where there is one.
 */
export async function trustZoneIds(
  written: readonly (string | undefined)[],
  readZoneIds: ReadZoneIds,
  signal: AbortSignal,
): Promise<Trust> {
  const isAsked = written.some((zoneId) => zoneId !== undefined && /^[a-z\d-]{1,32}$/.test(zoneId));
  const listed = new Set(isAsked ? (await readZoneIds(signal)).values() : []);
  const ownPrefixes = new Set([...listed].map(regionPrefixOf));
  return (zoneId) => {
    if (zoneId === undefined || listed.has(zoneId)) return zoneId;
    return isZoneId(zoneId) && !ownPrefixes.has(regionPrefixOf(zoneId)) ? zoneId : undefined;
  };
}

/** Zones of a region change less than once a year. */
const keptMs = 3_600_000;

/** Much less than a scope gets as a whole: it can do without its zones. */
const timeoutMs = 5_000;

/**
 * Asks AWS and keeps the answer for an hour; names mean other zones in another account. Where AWS does not answer, the last answer
 * counts, or none: the zone is a preference, and no reason to doubt the scope.
 */
export function createZoneReader({ scope, client, budget, clock }: ZonesOptions): ReadZoneIds {
  let zoneIds: ZoneIds = new Map();
  let readAtMs = Number.NEGATIVE_INFINITY;
  return async (signal) => {
    if (clock.monotonicMs() - readAtMs < keptMs) return zoneIds;
    const ask = async (own: AbortSignal) => {
      await budget.take({ ...scope, action: 'DescribeAvailabilityZones' }, own);
      return describeZones(client, own);
    };
    try {
      const answer = await withinDeadline(ask, { signal, timeoutMs, asked: `scope ${scope.id}` });
      zoneIds = new Map(parseAnswer(zonesAnswer, answer, scope).AvailabilityZones.flatMap(entryOf));
      readAtMs = clock.monotonicMs();
    } catch {
      signal.throwIfAborted();
    }
    return zoneIds;
  };
}

async function describeZones(
  client: () => Promise<EC2Client>,
  abortSignal: AbortSignal,
): Promise<DescribeAvailabilityZonesCommandOutput> {
  const { DescribeAvailabilityZonesCommand } = await loadEc2();
  return (await client()).send(new DescribeAvailabilityZonesCommand({}), { abortSignal });
}

const zone = z.object({ ZoneName: z.string().nullish(), ZoneId: z.string().nullish() });

const zonesAnswer = z.object({ AvailabilityZones: z.array(zone.catch({})) });

function entryOf({ ZoneName, ZoneId }: z.infer<typeof zone>): readonly (readonly [string, string])[] {
  return ZoneName && ZoneId ? [[ZoneName, ZoneId]] : [];
}
