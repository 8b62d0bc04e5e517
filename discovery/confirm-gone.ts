import { type Config, defaultDiscovery } from '#config/schema';
import { messageOf } from '#core/errors';
import { concurrently } from '#io/concurrently';
import { withinDeadline } from '#io/signals';
import type { ScopeReader, Source } from './source';

/** Ids of endpoints that a scope does not list, by scope id. */
export type Missing = ReadonlyMap<string, readonly string[]>;

/**
 * The missing endpoints that their provider does not know. A question that failed is in `warnings`,
 * and its endpoints are only absent.
 */
export type Confirmed = { readonly goneIds: readonly string[]; readonly warnings: readonly string[] };

/** Asks for endpoints by id. Rejects only with the signal's reason. */
export type ConfirmGone = (missing: Missing, signal: AbortSignal) => Promise<Confirmed>;

/** Time of each scope. The answer only speeds a removal up, so nobody waits long for it. */
const timeoutMs = 10_000;

/**
 * Asks each source that can tell a deleted endpoint from an unlisted one. Without missing ids it
 * makes no call.
 */
export function createConfirmGone(
  sources: readonly Source[],
  { concurrency }: Pick<Config['discovery'], 'concurrency'> = defaultDiscovery,
): ConfirmGone {
  const scopes = sources.flatMap((source) => source.scopes());
  return async (missing, signal) => {
    const asked = scopes.flatMap(({ scope, confirmGone }) => {
      const ids = missing.get(scope.id) ?? [];
      return confirmGone && ids.length > 0 ? [{ confirmGone, scope, ids }] : [];
    });
    const confirmed = await concurrently(asked, { limit: concurrency, signal }, ask);
    return {
      goneIds: confirmed.flatMap((one) => one.goneIds),
      warnings: confirmed.flatMap((one) => one.warnings),
    };
  };
}

type Question = Required<Pick<ScopeReader, 'scope' | 'confirmGone'>> & { readonly ids: readonly string[] };

async function ask({ confirmGone, scope, ids }: Question, signal: AbortSignal): Promise<Confirmed> {
  const deadline = { signal, timeoutMs, asked: `scope ${scope.id}` };
  try {
    return { goneIds: await withinDeadline((own) => confirmGone(ids, own), deadline), warnings: [] };
  } catch (thrown) {
    signal.throwIfAborted();
    const warning = `endpoints that are not listed count as absent, since they could not be asked for by id: ${messageOf(thrown)}`;
    return { goneIds: [], warnings: [warning] };
  }
}
