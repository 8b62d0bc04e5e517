import type { FromTemporaryCredentialsOptions } from '@aws-sdk/credential-providers';
import { hasCode, messageOf, type Problem } from '#core/errors';
import { ProxyError } from '#io/proxy/tunnel';
import { clientPlugins, loadCredentialProviders, requestHandler } from './sdk';

/** A function that finds the process's own credentials. */
export type FindCredentials = Exclude<
  NonNullable<FromTemporaryCredentialsOptions['masterCredentials']>,
  { accessKeyId: string }
>;

/**
 * The process's own credentials, from the places where the SDK looks. Its calls for them (SSO, web
 * identity) use our connections and limits.
 */
export async function findOwnCredentials(): Promise<FindCredentials> {
  const { fromNodeProviderChain } = await loadCredentialProviders();
  return explainCredentials(fromNodeProviderChain({ clientConfig: { requestHandler }, clientPlugins }));
}

/**
 * The same, with an error that says what is wrong. The SDK tells its last attempt, or the system's
 * error.
 */
function explainCredentials(find: FindCredentials): FindCredentials {
  return async (options) => {
    try {
      return await find(options);
    } catch (thrown) {
      const problem = problemOf(thrown);
      if (!problem) throw thrown;
      const { reason, fix } = problem;
      // The SDK's own errors have this name: no caller retries them.
      throw Object.assign(new Error(reason, { cause: thrown }), { name: 'CredentialsProviderError', fix });
    }
  };
}

function problemOf(thrown: unknown): Problem | undefined {
  return withoutProfile(thrown) ?? withoutSso(thrown) ?? withoutToken(thrown);
}

/** The SDK ignores a missing profile and then only says that it found nothing. */
function withoutProfile(thrown: unknown): Problem | undefined {
  const { AWS_PROFILE: profile, AWS_CONFIG_FILE, AWS_SHARED_CREDENTIALS_FILE } = process.env;
  if (!profile || messageOf(thrown) !== 'Could not load credentials from any providers') return undefined;
  const files = `${AWS_CONFIG_FILE || '~/.aws/config'} or ${AWS_SHARED_CREDENTIALS_FILE || '~/.aws/credentials'}`;
  return {
    reason: `profile "${profile}" of AWS_PROFILE has no credentials`,
    fix: `correct AWS_PROFILE, or the profile in ${files}`,
  };
}

/** When a proxy refuses the connection to SSO, the SDK keeps only the words of the error. */
function withoutSso(thrown: unknown): Problem | undefined {
  if (thrown instanceof ProxyError) return undefined;
  const [, reason, variable] = /(the proxy \S+ \((\w+)\) .*)/.exec(messageOf(thrown)) ?? [];
  if (reason === undefined) return undefined;
  return { reason, fix: `correct ${variable}, or name that host in NO_PROXY where the way leads past the proxy` };
}

/** The system's error for a file that the SDK reads. */
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
