import type { ServiceConfig } from '#config/contracts';
import { groupBy } from '#core/group-by';
import type { AccountScope } from '../aws/accounts';

/** Services that one reader of AWS sees: of one account and region, with the same role and address. */
export type ServicePlace = {
  /** For messages and the call budget. */
  readonly scope: AccountScope;
  readonly endpoint?: ServiceConfig['endpoint'];
  readonly serviceIds: readonly string[];
};

const source = 'contracts';

/** The places of these services, each asked once; in the order of the configuration. */
export function placesOf(services: readonly ServiceConfig[]): readonly ServicePlace[] {
  const keyOf = ({ region, roleArn, externalId, endpoint }: ServiceConfig) =>
    JSON.stringify([region, roleArn, externalId, endpoint]);
  return [...groupBy(services, keyOf).values()].flatMap((own) => {
    const [first] = own;
    if (!first) return [];
    const { region, roleArn, externalId, endpoint } = first;
    const account = accountOfService(first);
    const scope = { id: `${source}.${account}.${region}`, source, account, region, roleArn, externalId };
    return [{ scope, endpoint, serviceIds: own.map(({ id }) => id) }];
  });
}

/** The role's account, or `self`, as with sources. */
export function accountOfService({ roleArn }: Pick<ServiceConfig, 'roleArn'>): string {
  return roleArn?.split(':')[4] ?? 'self';
}

/** `contracts.<account>.<region>.<service id>`. */
export function serviceScopeId(service: ServiceConfig): string {
  return `${source}.${accountOfService(service)}.${service.region}.${service.id}`;
}
