import type { EC2Client } from '@aws-sdk/client-ec2';
import type { AccountScope } from './aws-scopes';
import type { VpcEndpointsConfig } from './config';
import { isLoopback } from './loopback';

// The SDK prints a warning about Node 20 when the first client is made (facts); engines in package.json says what is supported.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';

export type ClientOptions = {
  readonly scope: AccountScope;
  readonly endpoint?: VpcEndpointsConfig['endpoint'];
};

/** Time that one call gets, connecting included (starting value). */
const callTimeoutMs = 10_000;

/** Makes the EC2 client of one scope when it is first needed, and gives the same one from then on. */
export function lazyEc2Client(options: ClientOptions): () => Promise<EC2Client> {
  let client: Promise<EC2Client> | undefined;
  return () => {
    client ??= createEc2Client(options);
    return client;
  };
}

async function createEc2Client({ scope, endpoint }: ClientOptions): Promise<EC2Client> {
  const { EC2Client } = await import('@aws-sdk/client-ec2');
  const addresses = addressesOf(endpoint);
  return new EC2Client({
    region: scope.region,
    endpoint: addresses.ec2,
    credentials: scope.roleArn ? await assumeRole(scope, addresses.sts) : undefined,
    // How often a call is tried is the SDK's own setting: AWS_MAX_ATTEMPTS, default 3.
    retryMode: 'adaptive',
    requestHandler: { connectionTimeout: callTimeoutMs, requestTimeout: callTimeoutMs, throwOnRequestTimeout: true },
  });
}

/** Credentials of the scope's role, renewed by the SDK before they expire. */
async function assumeRole({ roleArn, externalId, region }: AccountScope, endpoint: string | undefined) {
  const { fromTemporaryCredentials } = await import('@aws-sdk/credential-providers');
  return fromTemporaryCredentials({
    params: { RoleArn: roleArn, ExternalId: externalId, RoleSessionName: 'kong-privatelink' },
    clientConfig: { region, endpoint, requestHandler: { requestTimeout: callTimeoutMs, throwOnRequestTimeout: true } },
  });
}

/** One address serves EC2 alone, since that is what an interface endpoint for EC2 does; on loopback it is a stand-in for all of AWS. */
function addressesOf(endpoint: ClientOptions['endpoint']): { readonly ec2?: string; readonly sts?: string } {
  if (typeof endpoint !== 'string') return endpoint ?? {};
  return { ec2: endpoint, sts: isLoopback(endpoint) ? endpoint : undefined };
}
