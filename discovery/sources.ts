import { type Config, defaultDiscovery, type SourceConfig, type VpcEndpointsConfig } from '#config/schema';
import type { Clock } from '#core/timing/clock';
import { type HoldValue, holdAsItIs } from '#io/held';
import { type AwsAccess, createAwsAccess } from './aws/access';
import type { AccountScope } from './aws/accounts';
import { createAccountReader, tellAccount } from './aws/caller';
import { type ClientOptions, lazyCloudMapClient, lazyEc2Client, lazyStsClient } from './aws/clients';
import { createCloudMapReader } from './aws/readers/cloud-map';
import { createEc2Reader } from './aws/readers/endpoints';
import { createEc2InstanceReader } from './aws/readers/instances';
import type { Ec2ReaderOptions } from './aws/readers/listing';
import { createNetworkReader } from './aws/readers/networks';
import { readRegions } from './aws/readers/regions';
import { createZoneReader } from './aws/readers/zones';
import { type AddFindings, createFindings } from './findings/findings';
import { createCloudMapSource } from './providers/cloud-map';
import { createDnsSource } from './providers/dns';
import { createEc2InstancesSource } from './providers/ec2-instances';
import { createResolver } from './providers/resolver';
import { createSnapshotSource } from './providers/snapshot';
import { createStaticSource } from './providers/static';
import { createVpcEndpointsSource } from './providers/vpc-endpoints';
import { createSeenReader, type ReadSeen } from './seen/read';
import { createSnapshotReader } from './snapshot/reader';
import type { Source } from './source';

export type SourcesOptions = {
  /**
   * Items per page of AWS's lists, at most 1000 (AWS's limit), the default. Use small pages where
   * parsing must not block requests.
   */
  readonly pageSize?: number;
  readonly clock: Clock;
  /** AWS access to share with other users; default: a new one. */
  readonly aws?: AwsAccess;
  /** How answers are kept between calls; absent: unchanged. */
  readonly hold?: HoldValue;
};

type SourceContext = AwsAccess & { readonly owner: string; readonly pageSize: number; readonly hold: HoldValue };

type SourceType = SourceConfig['type'];
type Factory<T extends SourceType> = (config: Extract<SourceConfig, { type: T }>, context: SourceContext) => Source;

/** A factory for each source type. */
const factories: { readonly [T in SourceType]: Factory<T> } = {
  'vpc-endpoints': (config, context) => {
    const readersOf = (scope: AccountScope) => ec2ReadersOf(createEc2Reader, { ...context, scope, ...config });
    return createVpcEndpointsSource(config, { owner: context.owner, readersOf });
  },
  'ec2-instances': (config, context) => {
    const readersOf = (scope: AccountScope) => ec2ReadersOf(createEc2InstanceReader, { ...context, scope, ...config });
    return createEc2InstancesSource(config, { owner: context.owner, readersOf });
  },
  'cloud-map': (config, context) => {
    const { endpoint } = config;
    const readersOf = (scope: AccountScope) => {
      const options = { ...context, scope, endpoint };
      return {
        reader: createCloudMapReader({ ...options, client: lazyCloudMapClient(options) }),
        readZoneIds: createZoneReader({ ...options, client: lazyEc2Client(options) }),
        readAccount: createAccountReader({ ...options, client: lazyStsClient(options) }),
      };
    };
    return createCloudMapSource(config, { owner: context.owner, readersOf });
  },
  dns: (config, { clock }) => createDnsSource(config, { resolver: createResolver(config.servers), clock }),
  static: (config) => createStaticSource(config),
  snapshot: (config, { owner, clock, hold }) =>
    createSnapshotSource(config, { owner, clock, hold, read: createSnapshotReader(config) }),
};

/** A reader of one scope and of its zones, over one client. */
function ec2ReadersOf<R>(
  create: (options: Ec2ReaderOptions) => R,
  { scope, endpoint, pageSize, ...aws }: Omit<ClientOptions, 'credentials'> & Omit<SourceContext, 'owner' | 'hold'>,
) {
  const client = lazyEc2Client({ scope, endpoint, credentials: aws.credentials });
  return {
    reader: create({ scope, client, pageSize, budget: aws.budget }),
    readZoneIds: createZoneReader({ scope, client, ...aws }),
  };
}

/** Creates the sources that the configuration names. No IO. */
export function createSources(
  { sources, owner }: Pick<Config, 'owner' | 'sources'>,
  { pageSize = 1_000, clock, aws = createAwsAccess(clock), hold = holdAsItIs }: SourcesOptions,
): readonly Source[] {
  return sources.map((config) => createSource(config, { ...aws, owner, pageSize, hold }));
}

/**
 * Opens a reader of all endpoints that the sources of type vpc-endpoints can see, tagged or not. No
 * IO.
 */
export function openSeen(
  { sources, discovery }: Pick<Config, 'sources'> & Partial<Pick<Config, 'discovery'>>,
  { pageSize = 1_000, clock, aws = createAwsAccess(clock) }: SourcesOptions,
): ReadSeen {
  const readersOf = (scope: AccountScope, { endpoint }: VpcEndpointsConfig) =>
    ec2ReadersOf(createEc2Reader, { ...aws, pageSize, scope, endpoint });
  const own = sources.filter((one) => one.type === 'vpc-endpoints');
  return createSeenReader(own, { ...defaultDiscovery, ...discovery, readersOf });
}

/**
 * The regions that are enabled for the process's own credentials, asked in `region`. Throws
 * PrivatelinkError.
 */
export function readOwnRegions(
  { region, endpoint }: { readonly region: string; readonly endpoint?: string },
  { aws, signal }: { readonly aws: AwsAccess; readonly signal: AbortSignal },
): Promise<readonly string[]> {
  const scope = { id: `regions.self.${region}`, source: 'regions', account: 'self', region };
  const client = lazyEc2Client({ scope, endpoint, credentials: aws.credentials });
  return readRegions({ scope, client, budget: aws.budget }, signal);
}

/** Opens the check of the networks around the configured sources. No IO. */
export function openFindings(
  { sources }: Pick<Config, 'sources'>,
  { pageSize = 1_000, clock, aws = createAwsAccess(clock) }: SourcesOptions,
): AddFindings {
  return createFindings(sources, {
    readersOf: (scope, { endpoint }) => ec2ReadersOf(createNetworkReader, { ...aws, pageSize, scope, endpoint }),
  });
}

function createSource<T extends SourceType>(
  config: Extract<SourceConfig, { type: T }>,
  context: SourceContext,
): Source {
  const create: Factory<T> = factories[config.type as T];
  const source = create(config, context);
  if (!('regions' in config) || config.accounts) return source;
  const { endpoint, ownAccount } = config;
  return tellAccount(source, ownAccount, (scope) =>
    createAccountReader({ ...context, scope, client: lazyStsClient({ ...context, scope, endpoint }) }),
  );
}
