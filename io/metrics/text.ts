export type Labels = Readonly<Record<string, string>>;

/** Describes a metric without its values. */
export type MetricRow = {
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
  /**
   * All values of each label: foreign texts cannot make series without end. Empty: our own code
   * names the values.
   */
  readonly labels?: Readonly<Record<string, readonly string[]>>;
  /** Upper bounds of a histogram, ascending, without `+Inf`. */
  readonly buckets?: readonly number[];
};

/** Metrics by name. */
export type MetricTable = Readonly<Record<string, MetricRow>>;

/**
 * The values of a metric by the text behind its name: nothing, labels, or the part of a histogram
 * with its labels.
 */
export type Series = Readonly<Record<string, number>>;

/**
 * By name of metric. An absent metric is not shown. Numbers and short texts pass to another thread
 * for a sixth of the cost of the page.
 */
export type Samples = Readonly<Record<string, Series>>;

/**
 * Renders the metrics of the table in Prometheus' text format 0.0.4. Leaves out metrics without a
 * value.
 */
export function renderMetrics(table: MetricTable, samples: Samples): string {
  return Object.entries(table)
    .map(([name, { type, help }]) => {
      const lines = Object.entries(samples[name] ?? {}).map(([labels, value]) => `${name}${labels} ${value}\n`);
      return lines.length > 0 ? `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join('')}` : '';
    })
    .join('');
}

/** Renders labels as they stand behind a name; an empty text for no labels. */
export function labelText(labels: Labels): string {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escaped(text)}"`);
  return pairs.length > 0 ? `{${pairs.join()}}` : '';
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}

/** Renders the metrics as rows of a Markdown table. */
export function metricRows(table: MetricTable): readonly string[] {
  return Object.entries(table).map(([name, { type, help, labels }]) => {
    const names = Object.keys(labels ?? {}).map((label) => `\`${label}\``);
    const by = labels ? `, by ${names.join(', ')}` : '';
    return `| \`${name}\` | ${type} | ${help}${by} |`;
  });
}
