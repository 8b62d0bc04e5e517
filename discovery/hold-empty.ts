import { PrivatelinkError } from '../core/errors';
import type { Discovered, Scope } from '../core/model';
import type { Source } from './source';

/**
 * The same source, but a scope that listed something and now lists nothing fails once (UNCONFIRMED), so that what it held stays in use
 * until the next answer: the second empty one is believed (fm-01, fm-04).
 */
export function holdEmpty(source: Source): Source {
  const full = new Set<string>();
  return {
    ...source,
    discover: async (scope, signal) => {
      const discovered = await source.discover(scope, signal);
      if (!isEmpty(discovered)) full.add(scope.id);
      else if (full.delete(scope.id)) throw unconfirmed(scope);
      return discovered;
    },
  };
}

function isEmpty({ endpoints, quarantined }: Discovered): boolean {
  return endpoints.length === 0 && quarantined.length === 0;
}

function unconfirmed({ id }: Scope): PrivatelinkError {
  return new PrivatelinkError(
    `scope ${id} lists nothing, after it listed endpoints before: what it held stays until the next pass confirms it; if that is a surprise, check the tags of its endpoints and the credentials`,
    { code: 'UNCONFIRMED', transient: true },
  );
}
