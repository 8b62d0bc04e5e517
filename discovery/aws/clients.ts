import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { EC2Client } from '@aws-sdk/client-ec2';
import type { ServiceDiscoveryClient } from '@aws-sdk/client-servicediscovery';
import type { STSClient } from '@aws-sdk/client-sts';
import type { VpcEndpointsConfig } from '#config/schema';
import { isLoopback } from '#core/addresses/loopback';
import { lazy } from '#core/timing/lazy';
import { throughProxies } from '#io/proxy/connections';
import type { AccountScope } from './accounts';
import { limitAnswers } from './answer-limits';
import { explainCredentials } from './credentials';

// The SDK prints a warning about Node 20 when the first client is made; engines in package.json says what is supported.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';

/**
 * The parts of the AWS SDK, loaded when first needed: client-ec2 alone costs 0.27 s and 74 MB. Each is kept, since what
 * TypeScript makes of `import()` copies the package's thousands of exports every time.
 */
export const loadEc2 = lazy(() => import('@aws-sdk/client-ec2'));
export const loadServiceDiscovery = lazy(() => import('@aws-sdk/client-servicediscovery'));
export const loadSts = lazy(() => import('@aws-sdk/client-sts'));
export const loadCredentialProviders = lazy(() => import('@aws-sdk/credential-providers'));

/** The process's own credentials as the first client found them: all ask the same provider, so that STS tells whose EC2's answers are (fm-37). */
export type OwnCredentials = { provider?: EC2Client['config']['credentials'] };

export type ClientOptions = {
  /** Absent: each client finds its own. */
  readonly own?: OwnCredentials;
  readonly scope: AccountScope;
  readonly endpoint?: VpcEndpointsConfig['endpoint'];
};

/** Time that a call gets until its headers, connecting included, and between two pieces of its body. */
const callTimeoutMs = 10_000;

const answerLimits = limitAnswers({
  /** So that a call takes 20 s as a whole, less than a scope gets: one that ends with it is tried again. */
  timeoutMs: callTimeoutMs,
  /** The largest page is of 1,000 endpoints, each with a policy of 20,480 characters and 50 tags of 384, escaped as XML: 64 KiB. */
  maxBytes: 64 * 2 ** 20,
});

/** All clients share their connections: accounts of one region have the same addresses, and each would shake hands anew. */
const requestHandler = {
  httpAgent: throughProxies(new HttpAgent({ keepAlive: true, maxSockets: 50 }), 'http:', callTimeoutMs),
  httpsAgent: throughProxies(new HttpsAgent({ keepAlive: true, maxSockets: 50 }), 'https:', callTimeoutMs),
  connectionTimeout: callTimeoutMs,
  requestTimeout: callTimeoutMs,
  // The request's time ends with the headers of the answer; this one ends an answer that stops half-way, `answerLimits` one that goes on.
  socketTimeout: callTimeoutMs,
  throwOnRequestTimeout: true,
};

/** Makes the EC2 client of one scope when it is first needed, and gives the same one from then on. */
export function lazyEc2Client(options: ClientOptions): () => Promise<EC2Client> {
  return lazy(() => createEc2Client(options));
}

/** The same for Cloud Map. */
export function lazyCloudMapClient(options: ClientOptions): () => Promise<ServiceDiscoveryClient> {
  return lazy(() => createCloudMapClient(options));
}

/** The same for STS. */
export function lazyStsClient(options: ClientOptions): () => Promise<STSClient> {
  return lazy(() => createStsClient(options));
}

async function createStsClient({ scope, endpoint, own }: ClientOptions): Promise<STSClient> {
  const { STSClient } = await loadSts();
  const { sts } = addressesOf(endpoint, 'ec2');
  const settings = await settingsOf(scope, sts);
  return sharing(scope, own, (provider) => new STSClient({ ...settings, ...provider, endpoint: sts }));
}

async function createEc2Client({ scope, endpoint, own }: ClientOptions): Promise<EC2Client> {
  const { EC2Client } = await loadEc2();
  const { ec2, sts } = addressesOf(endpoint, 'ec2');
  const settings = await settingsOf(scope, sts);
  return sharing(scope, own, (provider) => new EC2Client({ ...settings, ...provider, endpoint: ec2 }));
}

async function createCloudMapClient({ scope, endpoint, own }: ClientOptions): Promise<ServiceDiscoveryClient> {
  const { ServiceDiscoveryClient } = await loadServiceDiscovery();
  const { servicediscovery, sts } = addressesOf(endpoint, 'servicediscovery');
  // The SDK would put `data-` before the host of an address that is given.
  const disableHostPrefix = servicediscovery !== undefined;
  const settings = { ...(await settingsOf(scope, sts)), endpoint: servicediscovery, disableHostPrefix };
  return sharing(scope, own, (provider) => new ServiceDiscoveryClient({ ...settings, ...provider }));
}

type Client = {
  readonly config: { readonly credentials: Provider };
  readonly middlewareStack: { readonly use: (plugin: typeof answerLimits) => void };
};
type Provider = NonNullable<OwnCredentials['provider']>;

/** The client that `construct` makes, with its answers limited; where the process's own credentials count, those of the first such client. */
function sharing<T extends Client>(
  scope: AccountScope,
  own: OwnCredentials | undefined,
  construct: (settings: { readonly credentials?: Provider }) => T,
): T {
  const create: typeof construct = (settings) => {
    const client = construct(settings);
    client.middlewareStack.use(answerLimits);
    return client;
  };
  if (scope.roleArn || !own) return create({});
  const client = create(own.provider ? { credentials: own.provider } : {});
  own.provider ??= client.config.credentials;
  return client;
}

/** What all clients of a scope share. */
async function settingsOf(scope: AccountScope, sts: string | undefined) {
  return {
    region: scope.region,
    credentials: scope.roleArn ? await assumeRole(scope, sts) : await findCredentials(),
    // How often a call is tried is the SDK's own setting: AWS_MAX_ATTEMPTS, default 3.
    retryMode: 'adaptive',
    requestHandler,
  };
}

/** Credentials of the scope's role, renewed by the SDK before they expire. */
async function assumeRole({ roleArn, externalId, region }: AccountScope, endpoint: string | undefined) {
  const { fromTemporaryCredentials } = await loadCredentialProviders();
  return fromTemporaryCredentials({
    params: { RoleArn: roleArn, ExternalId: externalId, RoleSessionName: 'kong-privatelink' },
    masterCredentials: await findCredentials(),
    clientConfig: { region, endpoint, requestHandler },
    clientPlugins: [answerLimits],
  });
}

/** The process's own credentials, where the SDK looks for them by itself; but what it asks for them (SSO, web identity) it asks as we ask AWS. */
async function findCredentials() {
  const { fromNodeProviderChain } = await loadCredentialProviders();
  return explainCredentials(fromNodeProviderChain({ clientConfig: { requestHandler }, clientPlugins: [answerLimits] }));
}

type Addresses = Exclude<VpcEndpointsConfig['endpoint'], string | undefined>;

/** One address serves the source's own API alone, since that is what an interface endpoint does; on loopback it is a stand-in for all of AWS. */
function addressesOf(endpoint: ClientOptions['endpoint'], service: 'ec2' | 'servicediscovery'): Addresses {
  if (typeof endpoint !== 'string') return endpoint ?? {};
  return { [service]: endpoint, sts: isLoopback(endpoint) ? endpoint : undefined };
}
