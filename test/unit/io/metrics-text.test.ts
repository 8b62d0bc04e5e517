import { expect, it } from '@jest/globals';
import { metricRows, renderMetrics } from '#io/metrics-text';

const table = { a_total: ['counter', 'What was counted'], b: ['gauge', 'What is'] } as const;

it('writes what Prometheus reads: help, type and value of each metric that has one', () => {
  const values: Readonly<Record<string, number>> = { a_total: 0 };

  expect(renderMetrics(table, (name) => values[name])).toBe(
    '# HELP a_total What was counted\n# TYPE a_total counter\na_total 0\n',
  );
  expect(renderMetrics(table, () => 1.5).split('\n')).toHaveLength(7);
});

it('writes a row for each metric', () => {
  expect(metricRows(table)).toEqual(['| `a_total` | counter | What was counted |', '| `b` | gauge | What is |']);
});
