import { type Labels, labelText, type MetricRow, type Samples } from '#io/metrics/text';
import { type Metric, workerMetrics } from './table';

export type Metrics = {
  /** Adds to a counter, 1 by default. */
  readonly add: (metric: Metric, value?: number, labels?: Labels) => void;
  readonly set: (metric: Metric, value: number) => void;
  /**
   * Sets a gauge to the number of `items` with the same labels, and to 0 for labels without items.
   */
  readonly count: (metric: Metric, items: readonly Labels[]) => void;
  /** Adds to a histogram. */
  readonly observe: (metric: Metric, value: number) => void;
  /** The live values. Copy them to keep them, as a message to another thread does. */
  readonly samples: () => Samples;
};

/**
 * Metrics with more label combinations start with their first event. A page of zeros would hide the
 * useful lines.
 */
const mostFromStart = 30;
/** Replaces values outside the table: a new error, or text of others. */
const otherValue = 'other';

/** Creates all metrics of the table, from 0. */
export function createMetrics(): Metrics {
  const table: Readonly<Record<Metric, MetricRow>> = workerMetrics;
  const samples = Object.fromEntries(
    Object.entries(table).map(([metric, row]) => [metric, Object.fromEntries(fromStart(row).map((one) => [one, 0]))]),
  ) as Record<Metric, Record<string, number>>;
  const add = (metric: Metric, series: string, value: number) => {
    samples[metric][series] = (samples[metric][series] ?? 0) + value;
  };
  const seriesOf = (metric: Metric, labels?: Labels) => labelText(bounded(table[metric], labels));
  return {
    add: (metric, value = 1, labels) => add(metric, seriesOf(metric, labels), value),
    set: (metric, value) => {
      samples[metric][''] = value;
    },
    count: (metric, items) => {
      for (const series of Object.keys(samples[metric])) samples[metric][series] = 0;
      for (const labels of items) add(metric, seriesOf(metric, labels), 1);
    },
    observe: (metric, value) => {
      for (const [series, part] of partsOf(table[metric], value)) add(metric, series, part);
    },
    samples: () => samples,
  };
}

/** Orders labels as the table does, so that one combination is one series. */
function bounded({ labels = {} }: MetricRow, given: Labels = {}): Labels {
  const entries = Object.entries(labels).map(([label, values]) => {
    const value = given[label] ?? otherValue;
    return [label, values.length === 0 || values.includes(value) ? value : otherValue];
  });
  return Object.fromEntries(entries);
}

/** Prometheus's buckets are cumulative: each bucket counts all values up to its bound. */
function partsOf({ buckets = [] }: MetricRow, value: number): readonly (readonly [series: string, value: number])[] {
  const counted = [...buckets, Number.POSITIVE_INFINITY].map((bound) => {
    const le = Number.isFinite(bound) ? String(bound) : '+Inf';
    return [`_bucket${labelText({ le })}`, value <= bound ? 1 : 0] as const;
  });
  return [...counted, ['_sum', value], ['_count', 1]];
}

/** Series before any event, so that Prometheus sees the first event as an increase. */
function fromStart(row: MetricRow): readonly string[] {
  if (row.type === 'histogram') return partsOf(row, 0).map(([series]) => series);
  const combinations = Object.entries(row.labels ?? {}).reduce<readonly Labels[]>(
    (before, [label, values]) => before.flatMap((one) => values.map((value) => ({ ...one, [label]: value }))),
    [{}],
  );
  return combinations.length > mostFromStart ? [] : combinations.map(labelText);
}
