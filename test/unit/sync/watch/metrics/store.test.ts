import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { errorCodes } from '#core/errors';
import { type MetricTable, renderMetrics } from '#io/metrics/text';
import { createMetrics } from '#sync/watch/metrics/store';
import { type Metric, workerMetrics } from '#sync/watch/metrics/table';

const text = ({ samples }: Pick<ReturnType<typeof createMetrics>, 'samples'>) =>
  renderMetrics(workerMetrics, samples());
const linesOf = (metrics: ReturnType<typeof createMetrics>, name: string) =>
  text(metrics)
    .split('\n')
    .filter((line) => line.startsWith(`kong_privatelink_${name}`));

describe('createMetrics', () => {
  it('begins at 0, for each value of a label too', () => {
    const metrics = createMetrics();

    expect(linesOf(metrics, 'passes_total')).toEqual(['kong_privatelink_passes_total 0']);
    expect(linesOf(metrics, 'plan_refused')).toEqual([
      'kong_privatelink_plan_refused{reason="limit"} 0',
      'kong_privatelink_plan_refused{reason="brake"} 0',
    ]);
    expect(linesOf(metrics, 'scopes_unknown')).toHaveLength(errorCodes.length);
  });

  it('begins a counter with many combinations at the first event', () => {
    const metrics = createMetrics();
    const before = linesOf(metrics, 'changes_failed_total');
    metrics.add('kong_privatelink_changes_failed_total', 2, { kind: 'route', code: 'REJECTED' });
    metrics.add('kong_privatelink_changes_failed_total', 1, { code: 'REJECTED', kind: 'route' });

    expect(before).toEqual([]);
    expect(linesOf(metrics, 'changes_failed_total')).toEqual([
      'kong_privatelink_changes_failed_total{kind="route",code="REJECTED"} 3',
    ]);
  });

  it('counts items by their labels, and returns to 0 when they are gone', () => {
    const metrics = createMetrics();
    const refused = () => linesOf(metrics, 'plan_refused').map((line) => line.slice(-1));
    metrics.count('kong_privatelink_plan_refused', [{ reason: 'brake' }, { reason: 'brake' }]);
    const first = refused();
    metrics.count('kong_privatelink_plan_refused', [{ reason: 'limit' }]);

    expect([first, refused()]).toEqual([
      ['0', '2'],
      ['1', '0'],
    ]);
  });

  it('counts a value into all buckets that are not below it', () => {
    const metrics = createMetrics();
    for (const seconds of [0.1, 2, 4_000]) metrics.observe('kong_privatelink_pass_duration_seconds', seconds);

    expect(linesOf(metrics, 'pass_duration_seconds')).toEqual([
      ...[1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2].map((count, index) => {
        const bounds = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600];
        return `kong_privatelink_pass_duration_seconds_bucket{le="${bounds[index]}"} ${count}`;
      }),
      'kong_privatelink_pass_duration_seconds_bucket{le="+Inf"} 3',
      'kong_privatelink_pass_duration_seconds_sum 4002.1',
      'kong_privatelink_pass_duration_seconds_count 3',
    ]);
  });

  it('returns plain values, which later changes do not alter', () => {
    const metrics = createMetrics();
    const samples = structuredClone(metrics.samples());
    metrics.add('kong_privatelink_passes_total');

    expect(samples.kong_privatelink_passes_total).toEqual({ '': 0 });
  });

  it('never creates more series than the values in the table and `other`, whatever the labels', () => {
    const table: MetricTable = workerMetrics;
    const bounded = Object.entries(table).flatMap(([name, { labels = {} }]) => {
      const counts = Object.values(labels).map((values) => values.length);
      return counts.includes(0) ? [] : [{ name: name as Metric, keys: Object.keys(labels), counts }];
    });
    fc.assert(
      fc.property(fc.array(fc.array(fc.string(), { minLength: 2, maxLength: 2 })), (given) => {
        const metrics = createMetrics();
        for (const { name, keys, counts } of bounded.filter((one) => one.keys.length > 0)) {
          for (const texts of given)
            metrics.add(name, 1, Object.fromEntries(keys.map((key, index) => [key, texts[index] ?? ''])));
          const most = counts.reduce((product, count) => product * (count + 1), 1);
          expect(Object.keys(metrics.samples()[name] ?? {}).length).toBeLessThanOrEqual(most);
        }
      }),
      { numRuns: 50 },
    );
  });
});
