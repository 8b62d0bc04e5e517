import type { Labels, MetricRow, Sample, Samples } from '#io/metrics/text';
import { type Metric, workerMetrics } from './table';

export type Metrics = {
  /** To a counter; 1 where no value is given. */
  readonly add: (metric: Metric, value?: number, labels?: Labels) => void;
  readonly set: (metric: Metric, value: number) => void;
  /** A gauge that says how many of `items` have the same labels; 0 for those of before that have none any more. */
  readonly count: (metric: Metric, items: readonly Labels[]) => void;
  /** Into a histogram. */
  readonly observe: (metric: Metric, value: number) => void;
  /** As they are now: plain values, which may pass to another thread. */
  readonly samples: () => Samples;
};

/** More combinations of labels than these begin with their first event: a page of zeros hides what it is read for. */
const mostFromStart = 30;
/** For what is none of the values in the table: a new error, or a text that somebody else wrote. */
const otherValue = 'other';

type Series = Map<string, { value: number; readonly labels?: Labels; readonly suffix?: string }>;

/** All metrics of the table, from 0. */
export function createMetrics(): Metrics {
  const table: Readonly<Record<Metric, MetricRow>> = workerMetrics;
  const all = new Map<Metric, Series>();
  for (const metric of Object.keys(table) as Metric[]) all.set(metric, seriesFromStart(table[metric]));
  const change = (metric: Metric, sample: Sample, next: (before: number) => number) => {
    const series = all.get(metric) ?? new Map();
    const key = keyOf(sample);
    const one = series.get(key) ?? { ...sample, value: 0 };
    one.value = next(one.value);
    series.set(key, one);
  };
  const labelled = (metric: Metric, labels?: Labels) => bounded(table[metric], labels);
  return {
    add: (metric, value = 1, labels) => change(metric, labelled(metric, labels), (before) => before + value),
    set: (metric, value) => change(metric, { value }, () => value),
    count: (metric, items) => {
      for (const one of all.get(metric)?.values() ?? []) one.value = 0;
      for (const labels of items) change(metric, labelled(metric, labels), (before) => before + 1);
    },
    observe: (metric, value) => {
      for (const sample of partsOf(table[metric], value)) change(metric, sample, (before) => before + sample.value);
    },
    samples: () => Object.fromEntries([...all].map(([metric, series]) => [metric, [...series.values()]])),
  };
}

function keyOf({ labels = {}, suffix = '' }: Sample): string {
  return `${suffix} ${JSON.stringify(labels)}`;
}

/** In the order of the table, so that one combination is one series. */
function bounded({ labels = {} }: MetricRow, given: Labels = {}): Sample {
  const entries = Object.entries(labels).map(([label, values]) => {
    const value = given[label] ?? otherValue;
    return [label, values.length === 0 || values.includes(value) ? value : otherValue];
  });
  return entries.length > 0 ? { value: 0, labels: Object.fromEntries(entries) } : { value: 0 };
}

/** Prometheus' buckets are cumulative: each counts what is not above its bound. */
function partsOf({ buckets = [] }: MetricRow, value: number): readonly Sample[] {
  const bounds = [...buckets, Number.POSITIVE_INFINITY];
  const counted = bounds.map((bound) => ({
    suffix: '_bucket',
    labels: { le: Number.isFinite(bound) ? String(bound) : '+Inf' },
    value: value <= bound ? 1 : 0,
  }));
  return [...counted, { suffix: '_sum', value }, { suffix: '_count', value: 1 }];
}

function seriesFromStart(row: MetricRow): Series {
  if (row.type === 'histogram') return asSeries(partsOf(row, 0).map((part) => ({ ...part, value: 0 })));
  const combinations = Object.entries(row.labels ?? {}).reduce<readonly Labels[]>(
    (before, [label, values]) => before.flatMap((one) => values.map((value) => ({ ...one, [label]: value }))),
    [{}],
  );
  return asSeries(combinations.length > mostFromStart ? [] : combinations.map((labels) => bounded(row, labels)));
}

function asSeries(samples: readonly Sample[]): Series {
  return new Map(samples.map((sample) => [keyOf(sample), { ...sample }]));
}
