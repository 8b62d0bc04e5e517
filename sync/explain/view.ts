import type { Config } from '#config/schema';
import type { Planned } from '../pass/plan-once';
import type { Report } from '../pass/report';
import type { ForeignEntity } from '../plan/foreign-entities';
import type { Routing } from './routing/find-route';

/** Input of an answer about one control plane: what a pass read and planned before any write. */
export type View = {
  readonly planned: Planned;
  readonly config: Pick<Config, 'domains' | 'policy' | 'sources' | 'via' | 'affinity'>;
  /** The control plane, for people. */
  readonly place: string;
  readonly foreign: readonly ForeignEntity[];
  /** All routes and services, also of people. Absent: only this owner's are known. */
  readonly routing?: Routing;
  /** For a worker: result of its last pass. */
  readonly done?: Report;
  /** Unix epoch, milliseconds. */
  readonly nowMs: number;
};
