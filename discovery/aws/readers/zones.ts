import type { DescribeAvailabilityZonesCommandOutput, EC2Client } from '@aws-sdk/client-ec2';
import { z } from 'zod';
import type { Clock } from '#core/timing/clock';
import { isZoneId, regionPrefixOf } from '#core/zones';
import { withinDeadline } from '#io/signals';
import type { AccountScope } from '../accounts';
import { parseAnswer } from '../answers';
import type { CallBudget } from '../call-budget';
import { loadEc2 } from '../sdk';

/** A place with a zone id, a zone name, or neither. */
export type Zoned = { readonly zoneId?: string; readonly zoneName?: string };

export type ZoneIds = ReadonlyMap<string, string>;

/**
 * Zone ids of one account and region by name; an unknown zone is missing. Rejects only when the
 * signal is aborted.
 */
export type ReadZoneIds = (signal: AbortSignal) => Promise<ZoneIds>;

export type ZonesOptions = {
  readonly scope: AccountScope;
  readonly client: () => Promise<EC2Client>;
  readonly budget: CallBudget;
  readonly clock: Pick<Clock, 'monotonicMs'>;
};

/**
 * Adds the zone id to each place that has only a name. Asks AWS once, and only when an id is
 * missing.
 */
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

/** Returns the zone id when it is trusted. */
export type Trust = (zoneId: string | undefined) => string | undefined;

/**
 * Decides which zone ids of strangers are trusted, so that no stranger chooses the number of
 * upstreams (fm-49). In the scope's own region AWS's list decides. In other regions, or without an
 * answer, AWS's form decides. AWS is asked only when there is an id.
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

/** Much less than the time of a scope, because the scope can do without its zones. */
const timeoutMs = 5_000;

/**
 * Asks AWS and keeps the answer for an hour. Names mean other zones in another account. Without an
 * answer, the last one is used, or none: the zone is only a preference.
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
