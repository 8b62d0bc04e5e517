import type { EndpointConnection } from './model';

/** A consumer of the configuration: its identity, and the domains that it may call. */
export type Consumer = {
  readonly accounts?: readonly string[];
  readonly principals?: readonly string[];
  readonly endpoints?: readonly string[];
  /** Domains. */
  readonly calls: readonly string[];
};

type Caller = Pick<EndpointConnection, 'endpointId' | 'account'>;

/** Returns the name of the consumer of an endpoint; undefined: no consumer has it. */
export function consumersBy(consumers: Readonly<Record<string, Consumer>>): (caller: Caller) => string | undefined {
  const byEndpoint = new Map<string, string>();
  const byAccount = new Map<string, string>();
  for (const [name, one] of Object.entries(consumers)) {
    for (const id of one.endpoints ?? []) byEndpoint.set(id, name);
    for (const id of one.endpoints ? [] : accountsIn(one)) byAccount.set(id, name);
  }
  return ({ endpointId, account }) => {
    const name = byEndpoint.get(endpointId);
    if (name === undefined) return account === undefined ? undefined : byAccount.get(account);
    const accounts = accountsIn(consumers[name] ?? {});
    return accounts.length === 0 || (account !== undefined && accounts.includes(account)) ? name : undefined;
  };
}

/**
 * Returns the accounts that a consumer names, including the accounts of its principals; none where
 * it names endpoints alone.
 */
export function accountsIn({ accounts = [], principals = [] }: Partial<Consumer>): readonly string[] {
  return [...new Set([...accounts, ...principals.flatMap((arn) => accountOfPrincipal(arn) ?? [])])];
}

/**
 * Returns the account of a principal; undefined for `*`, a service or a part of an organization.
 */
export function accountOfPrincipal(arn: string): string | undefined {
  return /^arn:[^:]*:iam::(\d{12}):/.exec(arn)?.[1];
}
