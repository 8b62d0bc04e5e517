import { expect, it } from '@jest/globals';
import { labelText, type MetricTable, metricRows, renderMetrics } from '#io/metrics/text';

const table: MetricTable = {
  a_total: { type: 'counter', help: 'What was counted' },
  b: { type: 'gauge', help: 'What is', labels: { code: [], kind: [] } },
};

it('the text has for Prometheus the help, the type and the value of each metric with a value', () => {
  expect(renderMetrics(table, { a_total: { '': 0 }, b: {} })).toBe(
    '# HELP a_total What was counted\n# TYPE a_total counter\na_total 0\n',
  );
});

it('the labels are written so that no text in them is read as anything else', () => {
  const labels = labelText({ code: 'a"b\\c\nd', kind: 'x' });

  expect(renderMetrics(table, { b: { [labels]: 1.5, _sum: 2 } })).toContain(
    'b{code="a\\"b\\\\c\\nd",kind="x"} 1.5\nb_sum 2\n',
  );
});

it('each metric has a row', () => {
  expect(metricRows(table)).toEqual([
    '| `a_total` | counter | What was counted |',
    '| `b` | gauge | What is, by `code`, `kind` |',
  ]);
});
