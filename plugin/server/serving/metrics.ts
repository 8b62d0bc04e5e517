import type { Feed } from '../../request/feed';

/** What is counted while events are handled. */
export type Counts = {
  events: number;
  /** Calls of the PDK, by method. */
  readonly calls: Map<string, number>;
};

export type ServerFacts = {
  readonly counts: Counts;
  readonly instances: number;
  /** Requests that were not resolved. */
  readonly unresolved: number;
  readonly feed: Pick<Feed, 'oldestObservedAtMs' | 'ejected'>;
  /** By the monotonic clock. */
  readonly nowMs: number;
};

type Metric = {
  readonly name: string;
  readonly type: 'counter' | 'gauge';
  readonly help: string;
  /** Undefined where there is nothing to say yet. */
  readonly read: (observed: ServerFacts) => number | undefined;
};

/** Every metric of the plugin server. */
export const metrics: readonly Metric[] = [
  {
    name: 'kong_privatelink_plugin_events_total',
    type: 'counter',
    help: 'Phases of requests that Kong asked for.',
    read: ({ counts }) => counts.events,
  },
  {
    name: 'kong_privatelink_plugin_picks_total',
    type: 'counter',
    help: 'Requests that were sent to a target.',
    read: ({ counts }) => counts.calls.get('kong.service.set_target') ?? 0,
  },
  {
    name: 'kong_privatelink_plugin_upstreams_total',
    type: 'counter',
    help: 'Requests that were sent to an upstream.',
    read: ({ counts }) => counts.calls.get('kong.service.set_upstream') ?? 0,
  },
  {
    name: 'kong_privatelink_plugin_unresolved_total',
    type: 'counter',
    help: 'Requests that took the configured way out.',
    read: ({ unresolved }) => unresolved,
  },
  {
    name: 'kong_privatelink_plugin_instances',
    type: 'gauge',
    help: 'Plugin instances that Kong has started.',
    read: ({ instances }) => instances,
  },
  {
    name: 'kong_privatelink_plugin_ejected_targets',
    type: 'gauge',
    help: 'Targets that probes keep out of use.',
    read: ({ feed }) => feed.ejected(),
  },
  {
    name: 'kong_privatelink_plugin_discovery_age_seconds',
    type: 'gauge',
    help: 'Age of the oldest answer in use; absent while nothing is known.',
    read: ({ feed, nowMs }) => {
      const observedAtMs = feed.oldestObservedAtMs();
      return observedAtMs === undefined ? undefined : (nowMs - observedAtMs) / 1_000;
    },
  },
];

/** The metrics in Prometheus' text format 0.0.4. */
export function renderMetrics(observed: ServerFacts): string {
  return metrics
    .flatMap(({ name, type, help, read }) => {
      const value = read(observed);
      return value === undefined ? [] : [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, `${name} ${value}`];
    })
    .concat('')
    .join('\n');
}
