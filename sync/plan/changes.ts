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
  /** Id of the entity in the control plane: its own where it exists, else the UUIDv5 it shall get. */
  readonly id: string;
  /** Id of the upstream of a target, of the service of a route or plugin. */
  readonly parentId?: string;
  readonly domain: string;
  /** For people: `endpoint vpce-0f… is available`, `weight 100 -> 50`. */
  readonly reason: string;
  /** A delete that AWS itself confirms (the endpoint is gone): no failure elsewhere holds it back. */
  readonly isConfirmed?: boolean;
  readonly before?: Entity;
  readonly after?: Entity;
};

/** What became of a change. */
export type AppliedChange = {
  readonly change: Change;
  readonly outcome: 'applied' | 'failed' | 'skipped';
  /** Why it failed or was skipped. */
  readonly error?: string;
  /** Trying again may help, without anybody changing anything. */
  readonly isTransient?: boolean;
  /** Stable code of the error, where it is one of ours. */
  readonly code?: ErrorCode;
  /** Milliseconds that the control plane asks to wait. */
  readonly retryAfterMs?: number;
};

/** Something the control plane holds that discovery does not confirm and that stays all the same. */
export type Kept = {
  readonly key: string;
  readonly domain: string;
  readonly reason: string;
  /** The entry of `protect` that keeps it; absent: it stays for another reason. */
  readonly entry?: string;
};

export type Changes = { readonly changes: readonly Change[]; readonly kept: readonly Kept[] };

export type Turn = 'first' | 'usual' | 'last';

/**
 * When a change is written: who may call no more loses that before anything else is tried; an upstream turns to round-robin before a name comes to be a target of it, and leaves
 * it after the last one went, since least-connections loses requests over names (docs/decisions/0053-via.md).
 */
export function turnOf(change: Change): Turn {
  if (isOfCallers(change)) return 'first';
  const { kind, action, before, after } = change;
  if (kind !== 'upstream' || action !== 'update' || !before || !after) return 'usual';
  const [was, becomes] = [before, after].map(({ fields }) => fields.algorithm === roundRobin);
  if (was === becomes) return 'usual';
  return becomes ? 'first' : 'last';
}

/** What an entity is after a change, for comparison; the same for all deletes. */
export function contentOf({ after }: Change): string {
  return JSON.stringify(after ?? null);
}
