import { lazy } from '#core/timing/lazy';
import type { AccountScope } from '../aws/accounts';
import type { ReadAccount } from '../aws/caller';
import type { InstanceItem } from '../aws/readers/cloud-map';
import { type ReadZoneIds, trustZoneIds, withZoneIds } from '../aws/readers/zones';
import { publishedAttributes } from './published-attributes';

export type InstanceZonesOptions = {
  readonly scope: AccountScope;
  readonly readZoneIds: ReadZoneIds;
  /** The account of the process's own credentials, for a scope without a role. */
  readonly readAccount: ReadAccount;
};

/** ECS registers each task with the name of its zone under this key. */
const zoneNameKey = 'AVAILABILITY_ZONE';

/**
 * Zone ids of the instances, in their order. A trusted id of a publisher comes first, then the name
 * that ECS wrote, as the reading account names zones. Names from other accounts are ignored: they
 * mean other zones.
 */
export async function readInstanceZones(
  instances: readonly InstanceItem[],
  { scope, readZoneIds, readAccount }: InstanceZonesOptions,
  signal: AbortSignal,
): Promise<readonly (string | undefined)[]> {
  // Each call to an AWS that does not answer costs seconds, so one call has to do.
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

/**
 * When AWS does not tell the account that registered the instance, it is the reading account: no
 * other account can register.
 */
function zoneNameOf({ attributes, createdBy }: InstanceItem, account: string | undefined): string | undefined {
  return createdBy === undefined || createdBy === account ? attributes.get(zoneNameKey) : undefined;
}
