/** A metric's type and what it says, and what else its room keeps of it. */
export type MetricRow<More extends readonly unknown[] = readonly unknown[]> = readonly [
  type: 'counter' | 'gauge',
  help: string,
  ...more: More,
];

/** Metrics by name. */
export type MetricTable = Readonly<Record<string, MetricRow>>;

/** The metrics in Prometheus' text format 0.0.4, but for those that have no value. */
export function renderMetrics<T extends MetricTable>(
  table: T,
  read: (name: keyof T & string) => number | undefined,
): string {
  return Object.entries(table)
    .map(([name, [type, help]]) => {
      const value = read(name);
      return value === undefined ? '' : `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${name} ${value}\n`;
    })
    .join('');
}

/** The metrics as rows of a Markdown table. */
export function metricRows(table: MetricTable): readonly string[] {
  return Object.entries(table).map(([name, [type, help]]) => `| \`${name}\` | ${type} | ${help} |`);
}
