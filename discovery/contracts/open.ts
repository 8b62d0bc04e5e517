import type { ContractsConfig, ServiceConfig } from '#config/contracts';
import { type Config, defaultDiscovery } from '#config/schema';
import { withinDeadline } from '#io/signals';
import type { AwsAccess } from '../aws/access';
import { lazyEc2Client, lazyLoadBalancingClient } from '../aws/clients';
import { proveRight, type ServiceWrite } from '../aws/readers/rights';
import { createEndpointServiceReader } from '../aws/readers/services';
import { createTargetHealthReader } from '../aws/readers/target-health';
import { createZoneReader } from '../aws/readers/zones';
import { createHealthReader } from './health';
import { placesOf, type ServicePlace } from './places';
import type { PlaceReaders } from './read-place';
import { type ContractsReader, createContractsReader } from './reader';
import { openContractsStore } from './store';

export type ContractsReaderOptions = {
  readonly aws: AwsAccess;
  /** Writes nothing to disk, but uses what is there. */
  readonly isReadOnly?: boolean;
  /** Items per page of EC2's lists, at least 5; default 1000, AWS's largest. */
  readonly pageSize?: number;
};

/** Opens the reader of the services in `contracts`; undefined without that block. No IO. */
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
  const timeoutMs = scopeTimeoutSeconds * 1_000;
  return createContractsReader(contracts.services, {
    readersOf: (place) => openPlace(place, aws, { pageSize, healthTimeoutMs: Math.min(mostHealthMs, timeoutMs) }),
    store: openContractsStore({ stateDir, owner, clock, isReadOnly }),
    clock,
    concurrency,
    timeoutMs,
  });
}

/**
 * Asks whether AWS would allow a call about a service, as `proveRight` does. Rejects as
 * `proveRight` does, or with TIMEOUT.
 */
export type AskRight = (service: ServiceConfig, action: ServiceWrite, signal: AbortSignal) => Promise<void>;

/** Time of AWS's answer about one right. */
const rightTimeoutMs = 5_000;

/** Opens the check of rights about services of `contracts`. No IO. */
export function openRights({ services }: ContractsConfig, { budget, credentials }: AwsAccess): AskRight {
  const places = placesOf(services).map(({ scope, endpoint, serviceIds }) => {
    return { scope, serviceIds, client: lazyEc2Client({ scope, endpoint, credentials }) };
  });
  return async ({ id }, action, signal) => {
    const place = places.find(({ serviceIds }) => serviceIds.includes(id));
    if (!place) throw new Error(`${id} is no service of contracts`);
    const { scope, client } = place;
    const deadline = { signal, timeoutMs: rightTimeoutMs, asked: `scope ${scope.id}` };
    await withinDeadline((own) => proveRight(action, id, { scope, client, budget, signal: own }), deadline);
  };
}

/** Only findings wait for the health of targets. */
const mostHealthMs = 10_000;

type Limits = { readonly pageSize: number; readonly healthTimeoutMs: number };

/** Opens the readers of one place, over one client of EC2 and one of load balancers. */
function openPlace(
  { scope, endpoint }: ServicePlace,
  aws: AwsAccess,
  { pageSize, healthTimeoutMs }: Limits,
): PlaceReaders {
  const { budget, credentials, clock } = aws;
  const client = lazyEc2Client({ scope, endpoint, credentials });
  const loadBalancing = lazyLoadBalancingClient({ scope, endpoint, credentials });
  const readZoneIds = createZoneReader({ scope, client, budget, clock });
  const reader = createTargetHealthReader({ scope, client: loadBalancing, budget });
  return {
    reader: createEndpointServiceReader({ scope, client, budget, pageSize }),
    readZoneIds,
    readHealth: createHealthReader({
      reader,
      readZoneIds,
      clock,
      asked: `scope ${scope.id}`,
      timeoutMs: healthTimeoutMs,
    }),
  };
}
