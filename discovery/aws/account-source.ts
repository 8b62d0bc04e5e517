import { PrivatelinkError } from '#core/errors';
import type { Answer, Source } from '../source';
import { type AccountScope, type AccountsConfig, accountScopes } from './accounts';

/** Reads one account and region; both as `Source` has them. */
export type ScopeReader = {
  readonly discover: (signal: AbortSignal) => Promise<Answer>;
  readonly confirmGone: (ids: readonly string[], signal: AbortSignal) => Promise<readonly string[]>;
};

/** A source over accounts x regions; `open` is called once for each scope and makes no call to AWS. */
export function createAccountSource(
  config: AccountsConfig & Pick<Source, 'allow'>,
  open: (scope: AccountScope) => ScopeReader,
): Source {
  const scopes = accountScopes(config);
  const readers = new Map(scopes.map((scope) => [scope.id, open(scope)]));
  const readerOf = (id: string): ScopeReader => {
    const reader = readers.get(id);
    if (reader) return reader;
    throw new PrivatelinkError(`scope ${id} is not one of source ${config.name}`, {
      code: 'BAD_ANSWER',
      transient: false,
    });
  };
  return {
    name: config.name,
    allow: config.allow,
    scopes: () => scopes.map(({ id, source, account, region }) => ({ id, source, account, region })),
    discover: async (scope, signal) => readerOf(scope.id).discover(signal),
    confirmGone: async (scope, ids, signal) => readerOf(scope.id).confirmGone(ids, signal),
  };
}
