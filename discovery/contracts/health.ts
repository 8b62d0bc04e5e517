import { compareText } from '#core/addresses/targets';
import type { ServiceSetup, ZoneHealth } from '#core/contracts/model';
import { groupBy } from '#core/group-by';
import type { Clock } from '#core/timing/clock';
import { concurrently } from '#io/concurrently';
import type { TargetHealthReader, TargetItem } from '../aws/readers/target-health';
import type { ReadZoneIds, ZoneIds } from '../aws/readers/zones';
import type { Failure } from '../scope-memory';
import { createAttempt } from './attempt';
import type { PartOutcome } from './parts';

type Asked = { readonly serviceId: string; readonly setup: PartOutcome<ServiceSetup> };
type Health = { readonly health?: PartOutcome<readonly ZoneHealth[]> };

/**
 * Health of targets by service id. Services without a load balancer or without targets are missing.
 * Rejects only with the signal's reason.
 */
export type ReadHealth = (services: readonly Asked[], signal: AbortSignal) => Promise<ReadonlyMap<string, Health>>;

export type HealthOptions = {
  readonly reader: TargetHealthReader;
  readonly readZoneIds: ReadZoneIds;
  readonly clock: Pick<Clock, 'monotonicMs'>;
  /** Scope id, for messages. */
  readonly asked: string;
  /** For all targets of one service. */
  readonly timeoutMs: number;
};

/** A refused role rarely gets the permission within this time. */
const deniedForMs = 600_000;

/** Services that are asked concurrently. */
const limit = 4;

/**
 * Reads the targets of each service with known load balancers. After a refusal it does not ask for
 * ten minutes.
 */
export function createHealthReader({ reader, readZoneIds, clock, asked, timeoutMs }: HealthOptions): ReadHealth {
  let denied: { readonly failure: Failure; readonly untilMs: number } | undefined;

  async function read({ serviceId, setup }: Asked, signal: AbortSignal): Promise<readonly [string, Health]> {
    if ('failure' in setup) return [serviceId, { health: setup }];
    const { loadBalancerArns } = setup.value;
    if (loadBalancerArns.length === 0) return [serviceId, {}];
    if (denied && clock.monotonicMs() < denied.untilMs) return [serviceId, { health: { failure: denied.failure } }];
    const attempt = createAttempt({ signal, timeoutMs, asked });
    const targets = await attempt((own) => reader.listTargets(loadBalancerArns, own));
    if ('failure' in targets) {
      const isDenied = targets.failure.code === 'ACCESS_DENIED';
      if (isDenied) denied = { failure: targets.failure, untilMs: clock.monotonicMs() + deniedForMs };
      return [serviceId, { health: targets }];
    }
    denied = undefined;
    const idsByName = targets.value.some(isNamed) ? await readZoneIds(signal) : new Map<string, string>();
    return [serviceId, { health: { value: byZone(targets.value, idsByName) } }];
  }

  return async (services, signal) => new Map(await concurrently(services, { limit, signal }, read));
}

/** AWS's word for a target that gets requests from all zones. */
const allZones = 'all';

/** Stands for a zone that AWS does not tell, as for instances. */
export const untoldZone = '-';

function isNamed({ zoneName }: TargetItem): boolean {
  return zoneName !== undefined && zoneName !== allZones;
}

const unhealthyStates: ReadonlySet<string> = new Set(['unhealthy', 'unhealthy.draining']);

/** New, unused and draining targets are neither healthy nor unhealthy. */
function byZone(targets: readonly TargetItem[], idsByName: ZoneIds): readonly ZoneHealth[] {
  const zoneOf = ({ zoneName }: TargetItem) =>
    zoneName === undefined || zoneName === allZones ? untoldZone : (idsByName.get(zoneName) ?? zoneName);
  return [...groupBy(targets, zoneOf)]
    .map(([zoneId, own]) => ({
      zoneId,
      healthy: own.filter(({ state }) => state === 'healthy').length,
      unhealthy: own.filter(({ state }) => unhealthyStates.has(state)).length,
    }))
    .filter(({ healthy, unhealthy }) => healthy + unhealthy > 0)
    .sort((one, other) => compareText(one.zoneId, other.zoneId));
}
