import type { ServiceConfig } from '#config/contracts';
import { groupBy } from '#core/group-by';
import { type AccountScope, accountScope } from '../aws/accounts';

/** The services of one AWS reader: one account and region, with the same role and address. */
export type ServicePlace = {
  /** For messages and the call budget. */
  readonly scope: AccountScope;
  readonly endpoint?: ServiceConfig['endpoint'];
  readonly serviceIds: readonly string[];
};

const source = 'contracts';

/** The places of these services, each once, in the order of the configuration. */
export function placesOf(services: readonly ServiceConfig[]): readonly ServicePlace[] {
  const keyOf = ({ region, roleArn, externalId, endpoint }: ServiceConfig) =>
    JSON.stringify([region, roleArn, externalId, endpoint]);
  return [...groupBy(services, keyOf).values()].flatMap((own) => {
    const [first] = own;
    if (!first) return [];
    return [{ scope: accountScope(source, first), endpoint: first.endpoint, serviceIds: own.map(({ id }) => id) }];
  });
}

/** One service as its own scope: `contracts.<account>.<region>.<service id>`. */
export function scopeOfService(service: ServiceConfig): AccountScope {
  const scope = accountScope(source, service);
  return { ...scope, id: `${scope.id}.${service.id}` };
}
