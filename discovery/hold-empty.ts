import { PrivatelinkError } from '../core/errors';
import type { Discovered, Scope } from '../core/model';
import type { Source } from './source';

/**
 * The same source, but a scope that listed something and now lists nothing fails once (UNCONFIRMED), so that what it held stays in use
 * until the next answer: the second empty one is believed (fm-01, fm-04), unless it is the first again, as a snapshot that nobody wrote anew.
 */
export function holdEmpty(source: Source): Source {
  const full = new Set<string>();
  const doubtedAtMs = new Map<string, number | undefined>();
  return {
    ...source,
    discover: async (scope, signal) => {
      const answer = await source.discover(scope, signal);
      const { observedAtMs } = answer;
      if (!isEmpty(answer)) full.add(scope.id);
      else if (full.delete(scope.id)) {
        doubtedAtMs.set(scope.id, observedAtMs);
        throw unconfirmed(scope);
      } else if (observedAtMs !== undefined && doubtedAtMs.get(scope.id) === observedAtMs) throw unconfirmed(scope);
      return answer;
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
