import type { EndpointState, Scope, Snapshot } from './model';
import { knownScopes } from './snapshot';

/**
 * The effect of a state on an endpoint's addresses. `route`: they are targets. `hold`: targets
 * stay, and none is added. `remove`: targets leave in the same pass.
 */
export type Disposition = 'route' | 'hold' | 'remove';

const dispositions: Readonly<Record<EndpointState, Disposition>> = {
  available: 'route',
  pending: 'hold',
  pendingAcceptance: 'hold',
  partial: 'hold',
  unlisted: 'hold',
  deleting: 'remove',
  deleted: 'remove',
  rejected: 'remove',
  failed: 'remove',
  expired: 'remove',
};

const byLowerCase = new Map(Object.keys(dispositions).map((state) => [state.toLowerCase(), state as EndpointState]));

/**
 * Reads AWS's spelling: PascalCase in the SDK's enum, lowerCamel on the wire. Returns `unlisted`
 * for a state that this version does not know.
 */
export function parseEndpointState(text: string): EndpointState {
  return byLowerCase.get(text.toLowerCase()) ?? 'unlisted';
}

export function dispositionOf(state: EndpointState): Disposition {
  return dispositions[state];
}

/** States that end soon without anybody's action. */
const transitional: ReadonlySet<EndpointState> = new Set(['pending', 'pendingAcceptance', 'deleting']);

/**
 * Returns the known scopes with an endpoint in a state that ends soon: the next pass reads them
 * early.
 */
export function transitionalScopes(snapshot: Snapshot): readonly Scope[] {
  return knownScopes(snapshot)
    .filter(({ discovered }) => discovered.endpoints.some((one) => transitional.has(one.state)))
    .map(({ scope }) => scope);
}
