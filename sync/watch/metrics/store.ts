import { type Labels, labelText, type MetricRow, type Samples } from '#io/metrics/text';
import { type Metric, workerMetrics } from './table';

export type Metrics = {
  /** To a counter; 1 where no value is given. */
  readonly add: (metric: Metric, value?: number, labels?: Labels) => void;
  readonly set: (metric: Metric, value: number) => void;
  /** A gauge that says how many of `items` have the same labels; 0 for those of before that have none any more. */
  readonly count: (metric: Metric, items: readonly Labels[]) => void;
  /** Into a histogram. */
  readonly observe: (metric: Metric, value: number) => void;
  /** The values themselves, which go on changing: whoever keeps them copies them, as a message to another thread does. */
  readonly samples: () => Samples;
};

/** More combinations of labels than these begin with their first event: a page of zeros hides what it is read for. */
const mostFromStart = 30;
/** For what is none of the values in the table: a new error, or a text that somebody else wrote. */
const otherValue = 'other';

/** All metrics of the table, from 0. */
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

/** In the order of the table, so that one combination is one series. */
function bounded({ labels = {} }: MetricRow, given: Labels = {}): Labels {
  const entries = Object.entries(labels).map(([label, values]) => {
    const value = given[label] ?? otherValue;
    return [label, values.length === 0 || values.includes(value) ? value : otherValue];
  });
  return Object.fromEntries(entries);
}

/** Prometheus' buckets are cumulative: each counts what is not above its bound. */
function partsOf({ buckets = [] }: MetricRow, value: number): readonly (readonly [series: string, value: number])[] {
  const counted = [...buckets, Number.POSITIVE_INFINITY].map((bound) => {
    const le = Number.isFinite(bound) ? String(bound) : '+Inf';
    return [`_bucket${labelText({ le })}`, value <= bound ? 1 : 0] as const;
  });
  return [...counted, ['_sum', value], ['_count', 1]];
}

/** The series that are there before anything happens, so that Prometheus sees the first event as an increase. */
function fromStart(row: MetricRow): readonly string[] {
  if (row.type === 'histogram') return partsOf(row, 0).map(([series]) => series);
  const combinations = Object.entries(row.labels ?? {}).reduce<readonly Labels[]>(
    (before, [label, values]) => before.flatMap((one) => values.map((value) => ({ ...one, [label]: value }))),
    [{}],
  );
  return combinations.length > mostFromStart ? [] : combinations.map(labelText);
}
