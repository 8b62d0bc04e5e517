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

/** The credentials of one process. All of its clients share them. */
export type Credentials = {
  /**
   * Credentials of the scope's role, or the process's own. `stsAddress` replaces AWS's own STS
   * address.
   */
  of(scope: AccountScope, stsAddress: string | undefined): Promise<FindCredentials>;
};

export type ClientOptions = {
  readonly credentials: Credentials;
  readonly scope: AccountScope;
  readonly endpoint?: VpcEndpointsConfig['endpoint'];
};

/** Creates the EC2 client of one scope at its first use, and returns the same client afterwards. */
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
    // The SDK would put `data-` in front of the host of a given address.
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
    // The SDK's own setting AWS_MAX_ATTEMPTS decides the number of tries; its default is 3.
    retryMode: 'adaptive',
    requestHandler,
  };
}

type Addresses = Exclude<VpcEndpointsConfig['endpoint'], string | undefined>;

/**
 * An address serves only the API it is given for, as an interface endpoint does. On loopback the
 * address is a stand-in for all of AWS.
 */
function addressesOf(endpoint: ClientOptions['endpoint'], service: 'ec2' | 'servicediscovery'): Addresses {
  if (typeof endpoint !== 'string') return endpoint ?? {};
  const standIn = isLoopback(endpoint) ? endpoint : undefined;
  return { elasticloadbalancing: standIn, [service]: endpoint, sts: standIn };
}
