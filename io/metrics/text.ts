export type Labels = Readonly<Record<string, string>>;

/** What is known of a metric before it has a value. */
export type MetricRow = {
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
  /** All values of each label, so that nobody's text can make series without end; empty: our own code names them. */
  readonly labels?: Readonly<Record<string, readonly string[]>>;
  /** Upper bounds of a histogram, ascending; `+Inf` comes by itself. */
  readonly buckets?: readonly number[];
};

/** Metrics by name. */
export type MetricTable = Readonly<Record<string, MetricRow>>;

/** The values of a metric, by what stands behind its name: nothing, labels, or the part of a histogram with its labels. */
export type Series = Readonly<Record<string, number>>;

/** By name of metric; what is absent is not shown. Numbers and short texts: they pass to another thread for a sixth of what the page costs. */
export type Samples = Readonly<Record<string, Series>>;

/** The metrics of the table in Prometheus' text format 0.0.4, but for those that have no value. */
export function renderMetrics(table: MetricTable, samples: Samples): string {
  return Object.entries(table)
    .map(([name, { type, help }]) => {
      const lines = Object.entries(samples[name] ?? {}).map(([labels, value]) => `${name}${labels} ${value}\n`);
      return lines.length > 0 ? `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join('')}` : '';
    })
    .join('');
}

/** Labels as they stand behind a name; nothing where there are none. */
export function labelText(labels: Labels): string {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escaped(text)}"`);
  return pairs.length > 0 ? `{${pairs.join()}}` : '';
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}

/** The metrics as rows of a Markdown table. */
export function metricRows(table: MetricTable): readonly string[] {
  return Object.entries(table).map(([name, { type, help, labels }]) => {
    const names = Object.keys(labels ?? {}).map((label) => `\`${label}\``);
    const by = labels ? `, by ${names.join(', ')}` : '';
    return `| \`${name}\` | ${type} | ${help}${by} |`;
  });
}
