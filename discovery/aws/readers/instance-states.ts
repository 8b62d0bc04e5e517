import type { EndpointState } from '#core/model';

/** A stopped instance is certain not to serve, and its address comes back with it: it leaves as a failed endpoint does (docs/decisions/0010). */
const states: ReadonlyMap<string, EndpointState> = new Map([
  ['running', 'available'],
  ['pending', 'pending'],
  ['stopping', 'failed'],
  ['stopped', 'failed'],
  ['shutting-down', 'deleted'],
  ['terminated', 'deleted'],
]);

/** The endpoint state that EC2's state of an instance stands for; `unlisted` for one unknown here. */
export function parseInstanceState(text: string): EndpointState {
  return states.get(text.toLowerCase()) ?? 'unlisted';
}
