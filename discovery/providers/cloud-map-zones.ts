import { lazy } from '#core/timing/lazy';
import type { AccountScope } from '../aws/accounts';
import type { ReadAccount } from '../aws/caller';
import type { InstanceItem } from '../aws/readers/cloud-map';
import { type ReadZoneIds, trustZoneIds, withZoneIds } from '../aws/readers/zones';
import { publishedAttributes } from './published-attributes';

export type InstanceZonesOptions = {
  readonly scope: AccountScope;
  readonly readZoneIds: ReadZoneIds;
  /** The account of the process's own credentials, for a scope without role. */
  readonly readAccount: ReadAccount;
};

/** ECS registers each task with the name of its zone. */
const zoneNameKey = 'AVAILABILITY_ZONE';

/**
 * Zone ids of the instances, in their order: those that publishers wrote, where they are believed, or else those that the names ECS wrote
 * mean in the account that reads. Other accounts give zones other names, so those of their instances say nothing.
 */
export async function readInstanceZones(
  instances: readonly InstanceItem[],
  { scope, readZoneIds, readAccount }: InstanceZonesOptions,
  signal: AbortSignal,
): Promise<readonly (string | undefined)[]> {
  // An AWS that does not answer costs seconds: once is enough.
  const readOnce = lazy(() => readZoneIds(signal));
  const trust = await trustZoneIds(instances.map(writtenZone), readOnce, signal);
  const isAsked = instances.some(({ attributes, createdBy }) => createdBy && attributes.has(zoneNameKey));
  const account = isAsked && scope.account === 'self' ? await readAccount(signal) : scope.account;
  const zoned = instances.map((one) => ({ zoneId: trust(writtenZone(one)), zoneName: zoneNameOf(one, account) }));
  return (await withZoneIds(zoned, readOnce, signal)).map(({ zoneId }) => zoneId);
}

function writtenZone({ attributes }: InstanceItem): string | undefined {
  return attributes.get(publishedAttributes.zone);
}

/** Where AWS does not say who registered an instance, nobody but the account itself can have. */
function zoneNameOf({ attributes, createdBy }: InstanceItem, account: string | undefined): string | undefined {
  return createdBy === undefined || createdBy === account ? attributes.get(zoneNameKey) : undefined;
}
