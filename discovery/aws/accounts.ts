import type { Scope } from '#core/model';
import type { ScopeReader, Source } from '../source';

/**
 * A scope of an AWS source and the role that reads it. Without a role, the process's own
 * credentials do.
 */
export type AccountScope = Scope & { readonly roleArn?: string; readonly externalId?: string };

/** The accounts and regions that a source reads. */
export type AccountsConfig = {
  readonly name: string;
  readonly accounts?: readonly { readonly roleArn: string; readonly externalId?: string }[];
  readonly regions: readonly string[];
};

/** A region, and the role that reads it. Without a role, the process's own credentials do. */
export type RolePlace = { readonly region: string; readonly roleArn?: string; readonly externalId?: string };

/**
 * One place as a scope of `source`. The account comes from the role ARN, else it is `self`: a call
 * to AWS for it would make the scope's name depend on that call.
 */
export function accountScope(source: string, { region, roleArn, externalId }: RolePlace): AccountScope {
  const account = roleArn?.split(':')[4] ?? 'self';
  return { id: `${source}.${account}.${region}`, source, account, region, ...(roleArn && { roleArn, externalId }) };
}

/** Accounts x regions. */
export function accountScopes({ name, accounts, regions }: AccountsConfig): readonly AccountScope[] {
  const readers: readonly Omit<RolePlace, 'region'>[] = accounts ?? [{}];
  return readers.flatMap((reader) => regions.map((region) => accountScope(name, { ...reader, region })));
}

/**
 * A source over accounts x regions. It calls `open` once for each scope; `open` makes no call to
 * AWS.
 */
export function createAccountSource(
  config: AccountsConfig & Pick<Source, 'allow'>,
  open: (scope: AccountScope) => Omit<ScopeReader, 'scope'>,
): Source {
  const scopes = accountScopes(config).map((one) => {
    const { id, source, account, region } = one;
    return { scope: { id, source, account, region }, ...open(one) };
  });
  return { name: config.name, allow: config.allow, scopes: () => scopes };
}
