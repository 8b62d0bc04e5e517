import type { STSClient } from '@aws-sdk/client-sts';
import { z } from 'zod';
import { idsOf, isOtherAccount, otherAccount } from '#core/claims/accounts';
import { PrivatelinkError } from '#core/errors';
import type { LastGood, Scope, Snapshot } from '#core/model';
import { unknownScopes } from '#core/snapshot';
import type { Clock } from '#core/timing/clock';
import { withinDeadline } from '#io/signals';
import type { Source } from '../source';
import type { AccountScope } from './accounts';
import { parseAnswer } from './answers';
import type { CallBudget } from './call-budget';
import { loadSts } from './sdk';

/**
 * The account of the credentials; undefined when STS does not tell. Rejects only when the signal is
 * aborted.
 */
export type ReadAccount = (signal: AbortSignal) => Promise<string | undefined>;

export type AccountReaderOptions = {
  readonly scope: AccountScope;
  readonly client: () => Promise<STSClient>;
  readonly budget: CallBudget;
  readonly clock: Pick<Clock, 'monotonicMs'>;
};

/**
 * Less than the time of a whole scope. When STS is out of reach, the remembered account is used.
 */
const timeoutMs = 5_000;
/** After a failed call, STS is asked again only after this time. */
const unansweredMs = 300_000;

/**
 * Asks STS (GetCallerIdentity, which needs no permission) once for each access key. Renewed
 * credentials have another access key.
 */
export function createAccountReader({ scope, client, budget, clock }: AccountReaderOptions): ReadAccount {
  let told: { readonly key: string; readonly accountId?: string; readonly untilMs: number } | undefined;
  const ask = async (signal: AbortSignal) => {
    const sts = await client();
    const { accessKeyId: key } = await sts.config.credentials();
    if (told?.key === key && clock.monotonicMs() < told.untilMs) return told.accountId;
    told = { key, untilMs: clock.monotonicMs() + unansweredMs };
    await budget.take({ ...scope, action: 'GetCallerIdentity' }, signal);
    const accountId = parseAnswer(identity, await describeCaller(sts, signal), scope).Account;
    told = { key, accountId, untilMs: Number.POSITIVE_INFINITY };
    return accountId;
  };
  return async (signal) => {
    try {
      return await withinDeadline(ask, { signal, timeoutMs, asked: `scope ${scope.id}` });
    } catch {
      signal.throwIfAborted();
      return undefined;
    }
  };
}

async function describeCaller(client: STSClient, abortSignal: AbortSignal): Promise<unknown> {
  const { GetCallerIdentityCommand } = await loadSts();
  return client.send(new GetCallerIdentityCommand({}), { abortSignal });
}

/** The account becomes a tag, and later answers are compared with it. */
const identity = z.object({
  Account: z
    .string()
    .regex(/^\d{12}$/)
    .optional()
    .catch(undefined),
});

/**
 * The same source, with the account in its answers when the process's own credentials read it. A
 * role's ARN already names its account.
 */
export function tellAccount(
  source: Source,
  ownAccount: string | undefined,
  readerOf: (scope: Scope) => ReadAccount,
): Source {
  const scopes = source.scopes().map((one) => {
    const readAccount = readerOf(one.scope);
    const discover = async (signal: AbortSignal) => {
      const answer = await one.discover(signal);
      return { ...answer, accountId: await readAccount(signal) };
    };
    return { ...one, discover };
  });
  return { ...source, ownAccount, scopes: () => scopes };
}

/** A scope, and the account that the operator names for it. */
export type Asked = { readonly scope: Scope; readonly own?: string };

/** The result for the account that answered. */
export type JudgedAccount = {
  /**
   * The account to remember. An account without endpoints so far proves nothing against another
   * one.
   */
  readonly accountId?: string;
  /** It is the account that was remembered before. */
  readonly isAccountKept: boolean;
};

/**
 * Judges the account of an answer. Throws PrivatelinkError (OTHER_ACCOUNT) when the account may be
 * another one than before (fm-37).
 */
export function judgeAccount(
  { scope, own }: Asked,
  answer: LastGood,
  readBefore: () => LastGood | undefined,
): JudgedAccount {
  if (scope.account !== 'self') return { isAccountKept: false };
  const before = readBefore();
  const told = answer.accountId;
  const listed = idsOf(answer.discovered);
  const evidence = {
    told,
    own,
    remembered: before?.accountId ? [before.accountId] : [],
    heldIds: before && (before.isRestored || before.accountId) ? idsOf(before.discovered) : [],
    listedIds: new Set(listed),
  };
  if (isOtherAccount(evidence)) {
    const { reason, fix } = otherAccount(scope, evidence);
    throw new PrivatelinkError(reason, { code: 'OTHER_ACCOUNT', fix });
  }
  // This process read the scope before without an account id, and its credentials are the same.
  const isReadBefore = before !== undefined && !before.isRestored && before.accountId === undefined;
  const isAccountKept = told === undefined ? isReadBefore : told === before?.accountId;
  const isShown = isAccountKept || own !== undefined || listed.length > 0;
  return { accountId: (isShown ? told : undefined) ?? before?.accountId, isAccountKept };
}

/** Scopes whose answer was taken first and turned out later to come from another account. */
export function disownedIn(snapshot: Snapshot): readonly Scope[] {
  return unknownScopes(snapshot)
    .filter(({ code, lastGood }) => code === 'OTHER_ACCOUNT' && !lastGood)
    .map(({ scope }) => scope);
}
