import type { ScopeReader, Source } from '../source';
import { type AccountScope, type AccountsConfig, accountScopes } from './accounts';

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
