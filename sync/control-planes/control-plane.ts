import type { HeldEntity } from '#deck/document';
import type { Change } from '../plan/changes';
import type { ForeignEntity } from '../plan/foreign-entities';

/** Data planes get this long to take up what was written, and are asked again this often. */
export const rolloutWaitMs = 30_000;
export const rolloutPollMs = 500;

/** How far the data planes have come with the configuration of `hash`. `nodes` 0: none is connected. */
export type Rollout = { readonly nodes: number; readonly inSync: number; readonly hash?: string };

/** What every control plane tells. Every method throws PrivatelinkError. */
interface ControlPlaneState {
  /** All entities that carry our select tags. */
  read(signal: AbortSignal): Promise<readonly HeldEntity[]>;
  /** Of creates, those whose name an entity without our tags has already; and of routes, also updated ones, those whose path one has. */
  readForeign(upserts: readonly Change[], signal: AbortSignal): Promise<readonly ForeignEntity[]>;
  readRollout(signal: AbortSignal): Promise<Rollout>;
  /** Nodes that it does not list serve what was written after so many milliseconds; absent: it lists them, or what is written to is the node. */
  readonly nodesFollowMs?: number;
}

/** Takes one entity at a time: Konnect, or Kong with a database. */
export interface EntityControlPlane extends ControlPlaneState {
  readonly takes: 'entities';
  /** Applies one change; applying it again does no harm. */
  write(change: Change, signal: AbortSignal): Promise<void>;
}

/** A change that was not made, and why. */
export type FailedChange = { readonly change: Change; readonly thrown: unknown };

/** Takes its configuration as a whole: a decK file, or Kong without a database. */
export interface DocumentControlPlane extends ControlPlaneState {
  readonly takes: 'document';
  /** What is written holds base files too. */
  readonly hasBase?: boolean;
  /** Applies all changes or none; where that cannot be had, gives those that were not made. */
  writeAll(changes: readonly Change[], signal: AbortSignal): Promise<readonly FailedChange[]>;
}

export type ControlPlane = EntityControlPlane | DocumentControlPlane;

/** What is written holds base files too, so that it is written also when nothing that is generated changes. */
export function writesBase(controlPlane: ControlPlane): controlPlane is DocumentControlPlane {
  return controlPlane.takes === 'document' && controlPlane.hasBase === true;
}

/** What is written may hold base files, where there are some. */
export function takesBase(controlPlane: ControlPlane): boolean {
  return controlPlane.takes === 'document' && controlPlane.hasBase !== undefined;
}
