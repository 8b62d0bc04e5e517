import { join, resolve } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { z } from 'zod';
import { type AlertTable, runbookOf } from '#io/metrics/alerts';
import type { MetricTable } from '#io/metrics/text';
import { pluginAlerts } from '#plugin/server/serving/alerts';
import { metricTable } from '#plugin/server/serving/metrics';
import { resolverAlerts } from '#resolver/alerts';
import { resolverMetrics } from '#resolver/metrics';
import { workerAlerts } from '#sync/watch/metrics/alerts';
import { workerMetrics } from '#sync/watch/metrics/table';
import { textOf } from '../../support/documents/pages';

type Generate = (load: (path: string) => unknown) => Readonly<Record<string, string>>;

const root = resolve(__dirname, '../../..');
const { generated }: { readonly generated: Generate } = require(join(root, 'tools/generate.js'));
const texts = generated((path) => require(join(root, path)));
const alerts: AlertTable = { ...workerAlerts, ...pluginAlerts, ...resolverAlerts };
const metrics: MetricTable = { ...workerMetrics, ...metricTable, ...resolverMetrics };

/** Metrics that a text names. The parts of a histogram count under its name. */
function namedIn(text: string): readonly string[] {
  const named = text.match(/\b(?:kong_privatelink|process)_\w+/g) ?? [];
  return [...new Set(named.map((name) => name.replace(/_bucket$/, '')))];
}

it.each(Object.keys(texts))('%s is as `npm run generate` writes it', (path) => {
  expect(textOf(path)).toBe(texts[path]);
});

describe('deploy/alerts.yaml', () => {
  it('uses existing metrics', () => {
    const named = namedIn(textOf('deploy/alerts.yaml'));

    expect(named.length).toBeGreaterThan(10);
    expect(named.filter((name) => !(name in metrics))).toEqual([]);
  });

  it('has a section in the manual for each alert, with the steps to take', () => {
    const hasSection = (alert: string) => {
      const [file = '', anchor] = runbookOf(alert).split('#');
      return (
        anchor === alert.toLowerCase() &&
        new RegExp(`^## ${alert}\\n\\n(?:(?!\\n#)[\\s\\S]){80}`, 'm').test(textOf(file))
      );
    };

    expect(Object.keys(alerts).filter((alert) => !hasSection(alert))).toEqual([]);
  });
});

describe('deploy/grafana.json', () => {
  const panel = z.object({
    type: z.string(),
    title: z.string(),
    gridPos: z.object({ x: z.number(), y: z.number(), w: z.number(), h: z.number() }),
    targets: z.array(z.object({ expr: z.string() })).default([]),
  });
  const { panels } = z.object({ panels: z.array(panel) }).parse(parse(textOf('deploy/grafana.json')));

  it('shows every metric', () => {
    const shown = namedIn(panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)).join('\n'));

    expect([...shown].sort()).toEqual(Object.keys(metrics).sort());
  });

  it('has no two panels with one place or one title', () => {
    const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, index) => `${x + (index % w)} ${y + Math.floor(index / w)}`),
    );
    const titles = panels.filter(({ type }) => type !== 'row').map(({ title }) => title);

    expect(new Set(cells).size).toBe(cells.length);
    expect([...new Set(titles)]).toEqual(titles);
  });
});
