import type { Scope } from '#core/model';
import type { ScopeReader, Source } from '../source';

/** A scope of an AWS source, with the role that reads it; without one, the process's own credentials do. */
export type AccountScope = Scope & { readonly roleArn?: string; readonly externalId?: string };

/** What says which accounts and regions a source reads. */
export type AccountsConfig = {
  readonly name: string;
  readonly accounts?: readonly { readonly roleArn: string; readonly externalId?: string }[];
  readonly regions: readonly string[];
};

/** Accounts x regions. The account is the role ARN's, or `self`: asking AWS for it would make the scope's name depend on a call. */
export function accountScopes({ name, accounts, regions }: AccountsConfig): readonly AccountScope[] {
  const readers = accounts?.map((one) => ({ ...one, account: one.roleArn.split(':')[4] ?? 'self' })) ?? [
    { account: 'self' },
  ];
  return readers.flatMap((reader) =>
    regions.map((region) => ({ ...reader, region, source: name, id: `${name}.${reader.account}.${region}` })),
  );
}

/** A source over accounts x regions; `open` is called once for each scope and makes no call to AWS. */
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
