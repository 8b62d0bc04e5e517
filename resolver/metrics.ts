import type { Feed } from '#data-plane/feed/feed';
import { labelText, type MetricRow, renderMetrics, type Series } from '#io/metrics/text';
import { type AnswerCounts, countedRcodes, countedTypes } from './serving/counts';

export type ResolverFacts = {
  readonly counts: AnswerCounts;
  readonly feed: Pick<Feed, 'oldestObservedAtMs' | 'ejected'>;
  /** By the monotonic clock. */
  readonly nowMs: number;
};

type ReadSeries = MetricRow & { readonly read: (facts: ResolverFacts) => Series };

/** Every metric of the resolver: its type, its help text, and its values. */
export const resolverMetrics: Readonly<Record<string, ReadSeries>> = {
  kong_privatelink_resolver_answers_total: {
    type: 'counter',
    help: 'Answers about names below the suffix, and refusals.',
    labels: { type: countedTypes, rcode: countedRcodes },
    read: ({ counts }) =>
      Object.fromEntries([...counts.answers.values()].map(({ count, ...labels }) => [labelText(labels), count])),
  },
  kong_privatelink_resolver_forwarded_total: {
    type: 'counter',
    help: 'Questions about other names that were passed on.',
    read: ({ counts }) => ({ '': counts.forwarded }),
  },
  kong_privatelink_resolver_unforwarded_total: {
    type: 'counter',
    help: 'Questions of those that no other resolver answered.',
    read: ({ counts }) => ({ '': counts.unforwarded }),
  },
  kong_privatelink_resolver_stale_total: {
    type: 'counter',
    help: 'Questions without addresses in the answer, because all data of the domain is too old.',
    read: ({ counts }) => ({ '': counts.stale }),
  },
  kong_privatelink_resolver_truncated_total: {
    type: 'counter',
    help: 'Answers that did not fit, whose client was told to come by TCP.',
    read: ({ counts }) => ({ '': counts.truncated }),
  },
  kong_privatelink_resolver_ejected_targets: {
    type: 'gauge',
    help: 'Targets whose probes fail.',
    read: ({ feed }) => ({ '': feed.ejected() }),
  },
  kong_privatelink_resolver_discovery_age_seconds: {
    type: 'gauge',
    help: 'Age of the oldest answer of discovery in use; absent while nothing is known.',
    read: ({ feed, nowMs }) => seriesOf(feed.oldestObservedAtMs(), nowMs),
  },
};

function seriesOf(observedAtMs: number | undefined, nowMs: number): Series {
  return observedAtMs === undefined ? {} : { '': (nowMs - observedAtMs) / 1_000 };
}

/** The metrics as Prometheus reads them. */
export function resolverMetricsText(facts: ResolverFacts): string {
  const samples = Object.entries(resolverMetrics).map(([name, { read }]) => [name, read(facts)] as const);
  return renderMetrics(resolverMetrics, Object.fromEntries(samples));
}
