import { type Config, defaultDiscovery } from '#config/schema';
import type { AwsAccess } from '../aws/access';
import { lazyEc2Client, lazyLoadBalancingClient } from '../aws/clients';
import { createEndpointServiceReader } from '../aws/readers/services';
import { createTargetHealthReader } from '../aws/readers/target-health';
import { createZoneReader } from '../aws/readers/zones';
import { createHealthReader } from './health';
import type { ServicePlace } from './places';
import type { PlaceReaders } from './read-place';
import { type ContractsReader, createContractsReader } from './reader';
import { openContractsStore } from './store';

export type ContractsReaderOptions = {
  readonly aws: AwsAccess;
  /** What was read is kept nowhere on disk; what is there is used. */
  readonly isReadOnly?: boolean;
  /** Items per page of EC2's lists, at least 5; default 1000, AWS's largest. */
  readonly pageSize?: number;
};

/** What reads the services of `contracts`; undefined without that block. No IO. */
export function openContracts(
  {
    contracts,
    owner,
    stateDir,
    discovery,
  }: Pick<Config, 'contracts' | 'owner' | 'stateDir'> & Partial<Pick<Config, 'discovery'>>,
  { aws, isReadOnly, pageSize = 1_000 }: ContractsReaderOptions,
): ContractsReader | undefined {
  if (!contracts) return undefined;
  const { clock } = aws;
  const { concurrency, scopeTimeoutSeconds } = { ...defaultDiscovery, ...discovery };
  return createContractsReader(contracts.services, {
    readersOf: (place) => openPlace(place, aws, pageSize),
    store: openContractsStore({ stateDir, owner, clock, isReadOnly }),
    clock,
    concurrency,
    timeoutMs: scopeTimeoutSeconds * 1_000,
  });
}

/** What reads one place, over one client of EC2 and one of load balancers. */
export function openPlace({ scope, endpoint }: ServicePlace, aws: AwsAccess, pageSize: number): PlaceReaders {
  const { budget, credentials, clock } = aws;
  const client = lazyEc2Client({ scope, endpoint, credentials });
  const loadBalancing = lazyLoadBalancingClient({ scope, endpoint, credentials });
  const readZoneIds = createZoneReader({ scope, client, budget, clock });
  const reader = createTargetHealthReader({ scope, client: loadBalancing, budget });
  return {
    reader: createEndpointServiceReader({ scope, client, budget, pageSize }),
    readZoneIds,
    readHealth: createHealthReader({ reader, readZoneIds, clock, asked: `scope ${scope.id}` }),
  };
}
