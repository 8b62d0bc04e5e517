import type { EndpointConnection } from './model';

/** Who connects and what it may call, as the configuration says. */
export type Consumer = {
  readonly accounts?: readonly string[];
  readonly principals?: readonly string[];
  readonly endpoints?: readonly string[];
  /** Domains. */
  readonly calls: readonly string[];
};

type Caller = Pick<EndpointConnection, 'endpointId' | 'account'>;

/** Gives the name of the consumer that an endpoint is of; undefined: of nobody in the contract. */
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

/** The accounts that a consumer names, also as those of its principals; of endpoints alone there are none. */
export function accountsIn({ accounts = [], principals = [] }: Partial<Consumer>): readonly string[] {
  return [...new Set([...accounts, ...principals.flatMap((arn) => accountOfPrincipal(arn) ?? [])])];
}

/** The account of a principal; undefined: it is of none, as `*`, a service, or part of an organization. */
export function accountOfPrincipal(arn: string): string | undefined {
  return /^arn:[^:]*:iam::(\d{12}):/.exec(arn)?.[1];
}
