import type { ErrorCode } from '#core/errors';
import type { Entity, Kind } from '#deck/document';
import { roundRobin } from '#deck/fields';
import { isOfCallers } from '#deck/revision';

export const actions = ['create', 'update', 'delete'] as const;
export type Action = (typeof actions)[number];

/** One write to the control plane, and why. */
export type Change = {
  readonly action: Action;
  readonly kind: Kind;
  /** Natural name: see Entity. */
  readonly key: string;
  /**
   * Id of the entity in the control plane: the existing id, or the UUIDv5 that a new entity gets.
   */
  readonly id: string;
  /** Id of a target's upstream, or of the service of a route or plugin. */
  readonly parentId?: string;
  readonly domain: string;
  /** For people: `endpoint vpce-0f… is available`, `weight 100 -> 50`. */
  readonly reason: string;
  /** AWS itself confirms the delete (the endpoint is gone): no failure elsewhere holds it back. */
  readonly isConfirmed?: boolean;
  readonly before?: Entity;
  readonly after?: Entity;
};

/** A change and its outcome. */
export type AppliedChange = {
  readonly change: Change;
  readonly outcome: 'applied' | 'failed' | 'skipped';
  /** Why it failed or was skipped. */
  readonly error?: string;
  /** A retry may help without any change by people. */
  readonly isTransient?: boolean;
  /** Stable code of the error, if the error is one of ours. */
  readonly code?: ErrorCode;
  /** Milliseconds to wait, as the control plane asks. */
  readonly retryAfterMs?: number;
};

/** An entity that the control plane holds and discovery does not confirm. It stays. */
export type Kept = {
  readonly key: string;
  readonly domain: string;
  readonly reason: string;
  /** The entry of `protect` that keeps the entity. Absent: it stays for another reason. */
  readonly entry?: string;
};

export type Changes = { readonly changes: readonly Change[]; readonly kept: readonly Kept[] };

export type Turn = 'first' | 'usual' | 'last';

/**
 * When a change is written. Callers lose permissions before all other writes. An upstream turns to
 * round-robin before it gets a name as a target, and back after its last name has left:
 * least-connections loses requests over names (docs/decisions/0053-via.md).
 */
export function turnOf(change: Change): Turn {
  if (isOfCallers(change)) return 'first';
  const { kind, action, before, after } = change;
  if (kind !== 'upstream' || action !== 'update' || !before || !after) return 'usual';
  const [was, becomes] = [before, after].map(({ fields }) => fields.algorithm === roundRobin);
  if (was === becomes) return 'usual';
  return becomes ? 'first' : 'last';
}

/** The entity after a change, as text to compare; equal for all deletes. */
export function contentOf({ after }: Change): string {
  return JSON.stringify(after ?? null);
}
