import { PrivatelinkError } from '../core/errors';
import type { Discovered } from '../core/model';
import { type AccountScope, type AccountsConfig, accountScopes } from './aws-scopes';
import type { Source } from './source';

/** Reads one account and region; as `Source.discover`. */
export type ReadScope = (signal: AbortSignal) => Promise<Discovered>;

/** A source over accounts x regions; `open` is called once for each scope and makes no call to AWS. */
export function createAccountSource(config: AccountsConfig, open: (scope: AccountScope) => ReadScope): Source {
  const scopes = accountScopes(config);
  const readers = new Map(scopes.map((scope) => [scope.id, open(scope)]));
  return {
    name: config.name,
    scopes: () => scopes.map(({ id, source, account, region }) => ({ id, source, account, region })),
    discover: async (scope, signal) => {
      const read = readers.get(scope.id);
      if (read) return read(signal);
      throw new PrivatelinkError(`scope ${scope.id} is not one of source ${config.name}`, {
        code: 'BAD_ANSWER',
        transient: false,
      });
    },
  };
}
