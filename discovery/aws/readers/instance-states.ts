import type { EndpointState } from '#core/model';

/**
 * A stopped instance certainly does not serve, and its address comes back with it. It leaves as a
 * failed endpoint does (docs/decisions/0010).
 */
const states: ReadonlyMap<string, EndpointState> = new Map([
  ['running', 'available'],
  ['pending', 'pending'],
  ['stopping', 'failed'],
  ['stopped', 'failed'],
  ['shutting-down', 'deleted'],
  ['terminated', 'deleted'],
]);

/** The endpoint state for EC2's state of an instance; `unlisted` for an unknown text. */
export function parseInstanceState(text: string): EndpointState {
  return states.get(text.toLowerCase()) ?? 'unlisted';
}
