import { z } from 'zod';
import type { Clock } from '#core/timing/clock';
import { lazy } from '#core/timing/lazy';
import type { AccountScope } from './accounts';
import { parseAnswer } from './answers';
import { createCallBudget } from './call-budget';
import { type Credentials, lazyStsClient } from './clients';
import { wrapAwsError } from './errors';
import { type FindCredentials, findOwnCredentials } from './own-credentials';
import { createRoleCredentials, type RoleCredentials, type RoleKeys } from './role-credentials';
import { loadSts } from './sdk';

/** Half of STS's limit for one account in one region: 600 per second (IAM and AWS STS quotas). */
const stsLimits = { burst: 300, perSecond: 300 };

/** Makes no call before a client needs credentials. */
export function createCredentials(clock: Clock): Credentials {
  const own = lazy(async () => memoized(await findOwnCredentials()));
  const assumeAt = assumingWith(own, clock);
  const roles = new Map<string, RoleCredentials>();
  return {
    of: async (scope, stsAddress) => {
      if (!scope.roleArn) return own();
      const key = JSON.stringify([scope.roleArn, scope.externalId, stsAddress]);
      const role = roles.get(key) ?? createRoleCredentials({ assume: assumeAt(stsAddress), clock });
      roles.set(key, role);
      return memoized(() => role(scope));
    },
  };
}

/**
 * Marks the function, so that the SDK's clients do not wrap it. All clients then have the same
 * credentials at any time, and STS tells the account of EC2's answers (fm-37).
 */
function memoized<T extends FindCredentials>(find: T): T {
  return Object.assign(find, { memoized: true });
}

/** Assumes roles through one STS client for each region. */
function assumingWith(own: () => Promise<FindCredentials>, clock: Clock) {
  const budget = createCallBudget({ clock, ...stsLimits });
  const clients = new Map<string, ReturnType<typeof lazyStsClient>>();
  const never = new AbortController().signal;
  const clientOf = (scope: AccountScope, sts: string | undefined) => {
    const key = `${scope.region} ${sts}`;
    const client = clients.get(key) ?? lazyStsClient({ credentials: { of: own }, scope, endpoint: { sts } });
    clients.set(key, client);
    return client();
  };
  return (address: string | undefined) =>
    (scope: AccountScope): Promise<RoleKeys> =>
      wrapAwsError('sts:AssumeRole', scope, async () => {
        const [{ AssumeRoleCommand }, client] = await Promise.all([loadSts(), clientOf(scope, address)]);
        await budget.take({ account: 'self', region: scope.region, action: 'AssumeRole' }, never);
        const { roleArn, externalId } = scope;
        const input = { RoleArn: roleArn, ExternalId: externalId, RoleSessionName: 'kong-privatelink' };
        return parseAnswer(session, await client.send(new AssumeRoleCommand(input)), scope);
      });
}

const session = z
  .object({
    Credentials: z.object({
      AccessKeyId: z.string().min(1),
      SecretAccessKey: z.string().min(1),
      SessionToken: z.string().min(1),
      Expiration: z.date(),
    }),
  })
  .transform(({ Credentials: { AccessKeyId, SecretAccessKey, SessionToken, Expiration } }) => ({
    accessKeyId: AccessKeyId,
    secretAccessKey: SecretAccessKey,
    sessionToken: SessionToken,
    expiration: Expiration,
  }));
