import type { FromTemporaryCredentialsOptions } from '@aws-sdk/credential-providers';
import { hasCode, messageOf, type Problem } from '#core/errors';
import { ProxyError } from '#io/proxy/tunnel';
import { clientPlugins, loadCredentialProviders, requestHandler } from './sdk';

/** What finds credentials of the process itself. */
export type FindCredentials = Exclude<
  NonNullable<FromTemporaryCredentialsOptions['masterCredentials']>,
  { accessKeyId: string }
>;

/** The process's own credentials, where the SDK looks for them by itself; but what it asks for them (SSO, web identity) it asks as we ask AWS. */
export async function findOwnCredentials(): Promise<FindCredentials> {
  const { fromNodeProviderChain } = await loadCredentialProviders();
  return explainCredentials(fromNodeProviderChain({ clientConfig: { requestHandler }, clientPlugins }));
}

/** The same, whose errors say what is wrong where the SDK tells what it tried last, or what the system said. */
function explainCredentials(find: FindCredentials): FindCredentials {
  return async (options) => {
    try {
      return await find(options);
    } catch (thrown) {
      const problem = problemOf(thrown);
      if (!problem) throw thrown;
      const { reason, fix } = problem;
      // The name that the SDK's own have: they are tried by nobody again.
      throw Object.assign(new Error(reason, { cause: thrown }), { name: 'CredentialsProviderError', fix });
    }
  };
}

function problemOf(thrown: unknown): Problem | undefined {
  return withoutProfile(thrown) ?? withoutSso(thrown) ?? withoutToken(thrown);
}

/** The SDK goes on after a profile that is nowhere, and says only that nothing was found. */
function withoutProfile(thrown: unknown): Problem | undefined {
  const { AWS_PROFILE: profile, AWS_CONFIG_FILE, AWS_SHARED_CREDENTIALS_FILE } = process.env;
  if (!profile || messageOf(thrown) !== 'Could not load credentials from any providers') return undefined;
  const files = `${AWS_CONFIG_FILE || '~/.aws/config'} or ${AWS_SHARED_CREDENTIALS_FILE || '~/.aws/credentials'}`;
  return {
    reason: `profile "${profile}" of AWS_PROFILE gives no credentials`,
    fix: `correct AWS_PROFILE, or the profile in ${files}`,
  };
}

/** Of a proxy that refuses the way to SSO the SDK keeps no more than the words. */
function withoutSso(thrown: unknown): Problem | undefined {
  if (thrown instanceof ProxyError) return undefined;
  const [, reason, variable] = /(the proxy \S+ \((\w+)\) .*)/.exec(messageOf(thrown)) ?? [];
  if (reason === undefined) return undefined;
  return { reason, fix: `correct ${variable}, or name that host in NO_PROXY where the way leads past the proxy` };
}

/** What the system says of a file that the SDK reads. */
function withoutToken(thrown: unknown): Problem | undefined {
  if (!hasCode(thrown, 'ENOENT', 'EACCES', 'EISDIR')) return undefined;
  const said = messageOf(thrown);
  const { AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: ofContainer } = process.env;
  const [owner, setting] =
    ofContainer && said.includes(`'${ofContainer}'`)
      ? ['the container', 'AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE']
      : ['a web identity', 'AWS_WEB_IDENTITY_TOKEN_FILE (or web_identity_token_file of the profile)'];
  return {
    reason: `the token of ${owner} cannot be read (${said})`,
    fix: `correct ${setting}, or mount the token there, for this user to read`,
  };
}
