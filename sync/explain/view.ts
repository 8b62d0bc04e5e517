import type { Config } from '#config/schema';
import type { Planned } from '../pass/plan-once';
import type { Report } from '../pass/report';
import type { ForeignEntity } from '../plan/foreign-entities';
import type { Routing } from './routing/find-route';

/** All that an answer is made from, of one control plane: what a pass read and planned, before it wrote anything. */
export type View = {
  readonly planned: Planned;
  readonly config: Pick<Config, 'domains' | 'policy' | 'sources' | 'via' | 'affinity'>;
  /** The control plane, for people. */
  readonly place: string;
  readonly foreign: readonly ForeignEntity[];
  /** All routes and services, also people's; absent: those of this owner alone are known. */
  readonly routing?: Routing;
  /** Of a worker: what its last pass came to. */
  readonly done?: Report;
  /** Unix epoch, milliseconds. */
  readonly nowMs: number;
};
