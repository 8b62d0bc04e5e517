import type { Feed } from '#data-plane/feed/feed';
import { type MetricRow, renderMetrics } from '#io/metrics/text';

/** Counters of handled events. */
export type Counts = {
  events: number;
  /** PDK calls by method. */
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

type ReadRow = MetricRow & {
  /** Undefined while there is no value yet. */
  readonly read: (facts: ServerFacts) => number | undefined;
};

/** Every metric of the plugin server: its type, its help text, and its value. */
export const metricTable: Readonly<Record<string, ReadRow>> = {
  kong_privatelink_plugin_events_total: {
    type: 'counter',
    help: 'Phases of requests that Kong asked for.',
    read: ({ counts }) => counts.events,
  },
  kong_privatelink_plugin_picks_total: {
    type: 'counter',
    help: 'Requests that were sent to a target.',
    read: ({ counts }) => counts.calls.get('kong.service.set_target') ?? 0,
  },
  kong_privatelink_plugin_upstreams_total: {
    type: 'counter',
    help: 'Requests that were sent to an upstream.',
    read: ({ counts }) => counts.calls.get('kong.service.set_upstream') ?? 0,
  },
  kong_privatelink_plugin_unresolved_total: {
    type: 'counter',
    help: 'Requests that took the configured way out.',
    read: ({ unresolved }) => unresolved,
  },
  kong_privatelink_plugin_instances: {
    type: 'gauge',
    help: 'Plugin instances that Kong has started.',
    read: ({ instances }) => instances,
  },
  kong_privatelink_plugin_ejected_targets: {
    type: 'gauge',
    help: 'Targets that probes keep out of use.',
    read: ({ feed }) => feed.ejected(),
  },
  kong_privatelink_plugin_discovery_age_seconds: {
    type: 'gauge',
    help: 'Age of the oldest answer in use; absent while nothing is known.',
    read: ({ feed, nowMs }) => {
      const observedAtMs = feed.oldestObservedAtMs();
      return observedAtMs === undefined ? undefined : (nowMs - observedAtMs) / 1_000;
    },
  },
};

/** The metrics as Prometheus reads them. */
export function metricsText(facts: ServerFacts): string {
  const samples = Object.entries(metricTable).flatMap(([name, { read }]) => {
    const value = read(facts);
    return value === undefined ? [] : [[name, { '': value }] as const];
  });
  return renderMetrics(metricTable, Object.fromEntries(samples));
}
