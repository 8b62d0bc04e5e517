import type { HeldEntity } from '#deck/document';
import type { Change } from '../plan/changes';
import type { ForeignEntity } from '../plan/foreign-entities';

/** Data planes get this long to load what was written, and are polled at this interval. */
export const rolloutWaitMs = 30_000;
export const rolloutPollMs = 500;

/**
 * Number of connected data planes, and of those that run the configuration of `hash`. `nodes` 0:
 * none is connected.
 */
export type Rollout = { readonly nodes: number; readonly inSync: number; readonly hash?: string };

/** What every control plane can tell. Every method throws PrivatelinkError. */
interface ControlPlaneState {
  /** Reads all entities with our select tags. */
  read(signal: AbortSignal): Promise<readonly HeldEntity[]>;
  /**
   * Returns creates whose name belongs to an entity without our tags, and routes, even updated
   * ones, whose path does.
   */
  readForeign(upserts: readonly Change[], signal: AbortSignal): Promise<readonly ForeignEntity[]>;
  readRollout(signal: AbortSignal): Promise<Rollout>;
  /**
   * Milliseconds until nodes that it does not list serve what was written. Absent: it lists its
   * nodes, or it is the node.
   */
  readonly nodesFollowMs?: number;
}

/** Takes one entity at a time: Konnect, or Kong with a database. */
export interface EntityControlPlane extends ControlPlaneState {
  readonly takes: 'entities';
  /** Applies one change. A repetition does no harm. */
  write(change: Change, signal: AbortSignal): Promise<void>;
}

/** A change that was not made, and the error. */
export type FailedChange = { readonly change: Change; readonly thrown: unknown };

/** Takes its configuration as a whole: a decK file, or Kong without a database. */
export interface DocumentControlPlane extends ControlPlaneState {
  readonly takes: 'document';
  /** The document contains base files. */
  readonly hasBase?: boolean;
  /** Applies all changes or none. Otherwise returns the changes that were not made. */
  writeAll(changes: readonly Change[], signal: AbortSignal): Promise<readonly FailedChange[]>;
}

export type ControlPlane = EntityControlPlane | DocumentControlPlane;

/**
 * Whether writes include base files. Then a write is needed even when no generated entity changes.
 */
export function writesBase(controlPlane: ControlPlane): controlPlane is DocumentControlPlane {
  return controlPlane.takes === 'document' && controlPlane.hasBase === true;
}

/** Whether writes can include base files, if there are any. */
export function takesBase(controlPlane: ControlPlane): boolean {
  return controlPlane.takes === 'document' && controlPlane.hasBase !== undefined;
}
