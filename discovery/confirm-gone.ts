import { type Config, defaultDiscovery } from '#config/schema';
import { messageOf } from '#core/errors';
import { concurrently } from '#io/concurrently';
import { withinDeadline } from '#io/signals';
import type { ScopeReader, Source } from './source';

/** Ids of endpoints that a scope does not list, by scope id. */
export type Missing = ReadonlyMap<string, readonly string[]>;

/** Those of the missing that their provider does not know; what could not be asked is in `warnings`, and is only absent. */
export type Confirmed = { readonly goneIds: readonly string[]; readonly warnings: readonly string[] };

/** Asks for endpoints by id. Rejects with the signal's reason only. */
export type ConfirmGone = (missing: Missing, signal: AbortSignal) => Promise<Confirmed>;

/** The time each scope gets: what it adds is haste, which nobody should wait long for. */
const timeoutMs = 10_000;

/** Asks the sources that can tell an endpoint that is gone from one that they do not list; without missing ids no call is made. */
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
