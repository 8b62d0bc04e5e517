import { type MetricRow, renderMetrics } from '#io/metrics-text';
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

/** Undefined where there is nothing to say yet. */
type Read = (facts: ServerFacts) => number | undefined;

/** Every metric of the plugin server: its type, what it says, and where its value is. */
export const metricTable: Readonly<Record<string, MetricRow<readonly [Read]>>> = {
  kong_privatelink_plugin_events_total: [
    'counter',
    'Phases of requests that Kong asked for.',
    ({ counts }) => counts.events,
  ],
  kong_privatelink_plugin_picks_total: [
    'counter',
    'Requests that were sent to a target.',
    ({ counts }) => counts.calls.get('kong.service.set_target') ?? 0,
  ],
  kong_privatelink_plugin_upstreams_total: [
    'counter',
    'Requests that were sent to an upstream.',
    ({ counts }) => counts.calls.get('kong.service.set_upstream') ?? 0,
  ],
  kong_privatelink_plugin_unresolved_total: [
    'counter',
    'Requests that took the configured way out.',
    ({ unresolved }) => unresolved,
  ],
  kong_privatelink_plugin_instances: ['gauge', 'Plugin instances that Kong has started.', ({ instances }) => instances],
  kong_privatelink_plugin_ejected_targets: [
    'gauge',
    'Targets that probes keep out of use.',
    ({ feed }) => feed.ejected(),
  ],
  kong_privatelink_plugin_discovery_age_seconds: [
    'gauge',
    'Age of the oldest answer in use; absent while nothing is known.',
    ({ feed, nowMs }) => {
      const observedAtMs = feed.oldestObservedAtMs();
      return observedAtMs === undefined ? undefined : (nowMs - observedAtMs) / 1_000;
    },
  ],
};

/** The metrics as Prometheus reads them. */
export function metricsText(facts: ServerFacts): string {
  return renderMetrics(metricTable, (name) => metricTable[name]?.[2](facts));
}
