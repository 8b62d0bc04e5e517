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

/** One line of what Prometheus reads; `suffix` is for the parts of a histogram. */
export type Sample = { readonly value: number; readonly labels?: Labels; readonly suffix?: string };

/** By name of metric; what is absent, or has no sample, is not shown. */
export type Samples = Readonly<Record<string, readonly Sample[]>>;

/** The metrics of the table in Prometheus' text format 0.0.4, but for those that have no value. */
export function renderMetrics(table: MetricTable, samples: Samples): string {
  return Object.entries(table)
    .map(([name, { type, help }]) => {
      const lines = samples[name]?.map((sample) => lineOf(name, sample)) ?? [];
      return lines.length > 0 ? `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join('')}` : '';
    })
    .join('');
}

function lineOf(name: string, { value, labels = {}, suffix = '' }: Sample): string {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escaped(text)}"`);
  return `${name}${suffix}${pairs.length > 0 ? `{${pairs.join()}}` : ''} ${value}\n`;
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}

/** The metrics as rows of a Markdown table. */
export function metricRows(table: MetricTable): readonly string[] {
  return Object.entries(table).map(([name, { type, help, labels }]) =>
    labels
      ? `| \`${name}\` | ${type} | ${help}, by ${Object.keys(labels)
          .map((label) => `\`${label}\``)
          .join(', ')} |`
      : `| \`${name}\` | ${type} | ${help} |`,
  );
}
