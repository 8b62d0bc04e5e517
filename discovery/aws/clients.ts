import type { EC2Client } from '@aws-sdk/client-ec2';
import type { ElasticLoadBalancingV2Client } from '@aws-sdk/client-elastic-load-balancing-v2';
import type { ServiceDiscoveryClient } from '@aws-sdk/client-servicediscovery';
import type { STSClient } from '@aws-sdk/client-sts';
import type { VpcEndpointsConfig } from '#config/schema';
import { isLoopback } from '#core/addresses/loopback';
import { lazy } from '#core/timing/lazy';
import type { AccountScope } from './accounts';
import type { ClientPlugin } from './answer-limits';
import type { FindCredentials } from './own-credentials';
import { clientPlugins, loadEc2, loadLoadBalancing, loadServiceDiscovery, loadSts, requestHandler } from './sdk';

/** The credentials of one process, which all of its clients share. */
export type Credentials = {
  /** Of the scope's role, or the process's own; STS is at `stsAddress` where it is not AWS's. */
  of(scope: AccountScope, stsAddress: string | undefined): Promise<FindCredentials>;
};

export type ClientOptions = {
  readonly credentials: Credentials;
  readonly scope: AccountScope;
  readonly endpoint?: VpcEndpointsConfig['endpoint'];
};

/** Makes the EC2 client of one scope when it is first needed, and gives the same one from then on. */
export function lazyEc2Client(options: ClientOptions): () => Promise<EC2Client> {
  return lazy(async () => {
    const { EC2Client } = await loadEc2();
    const { ec2, sts } = addressesOf(options.endpoint, 'ec2');
    return withPlugins(new EC2Client({ ...(await settingsOf(options, sts)), endpoint: ec2 }));
  });
}

/** The same for Cloud Map. */
export function lazyCloudMapClient(options: ClientOptions): () => Promise<ServiceDiscoveryClient> {
  return lazy(async () => {
    const { ServiceDiscoveryClient } = await loadServiceDiscovery();
    const { servicediscovery: endpoint, sts } = addressesOf(options.endpoint, 'servicediscovery');
    // The SDK would put `data-` before the host of an address that is given.
    const disableHostPrefix = endpoint !== undefined;
    return withPlugins(
      new ServiceDiscoveryClient({ ...(await settingsOf(options, sts)), endpoint, disableHostPrefix }),
    );
  });
}

/** The same for load balancers. */
export function lazyLoadBalancingClient(options: ClientOptions): () => Promise<ElasticLoadBalancingV2Client> {
  return lazy(async () => {
    const { ElasticLoadBalancingV2Client } = await loadLoadBalancing();
    const { elasticloadbalancing: endpoint, sts } = addressesOf(options.endpoint, 'ec2');
    return withPlugins(new ElasticLoadBalancingV2Client({ ...(await settingsOf(options, sts)), endpoint }));
  });
}

/** The same for STS. */
export function lazyStsClient(options: ClientOptions): () => Promise<STSClient> {
  return lazy(async () => {
    const { STSClient } = await loadSts();
    const { sts } = addressesOf(options.endpoint, 'ec2');
    return withPlugins(new STSClient({ ...(await settingsOf(options, sts)), endpoint: sts }));
  });
}

type Client = EC2Client | ElasticLoadBalancingV2Client | ServiceDiscoveryClient | STSClient;

function withPlugins<T extends Client>(client: T): T {
  const { middlewareStack }: { readonly middlewareStack: { readonly use: (plugin: ClientPlugin) => void } } = client;
  for (const plugin of clientPlugins) middlewareStack.use(plugin);
  return client;
}

/** What all clients of a scope share. */
async function settingsOf({ scope, credentials }: ClientOptions, sts: string | undefined) {
  return {
    region: scope.region,
    credentials: await credentials.of(scope, sts),
    // How often a call is tried is the SDK's own setting: AWS_MAX_ATTEMPTS, default 3.
    retryMode: 'adaptive',
    requestHandler,
  };
}

type Addresses = Exclude<VpcEndpointsConfig['endpoint'], string | undefined>;

/** One address serves the API alone that it is given for, since that is what an interface endpoint does; on loopback it is a stand-in for all of AWS. */
function addressesOf(endpoint: ClientOptions['endpoint'], service: 'ec2' | 'servicediscovery'): Addresses {
  if (typeof endpoint !== 'string') return endpoint ?? {};
  const standIn = isLoopback(endpoint) ? endpoint : undefined;
  return { elasticloadbalancing: standIn, [service]: endpoint, sts: standIn };
}
