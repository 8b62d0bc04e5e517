import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { parse, stringify } from 'yaml';
import { z } from 'zod';
import { unknownScope } from '../support/builders';
import { alertFaults } from '../support/watch/faults';
import { describeWithPromtool, runPromtool } from '../support/watch/promtool';
import { openScraped, type Scrapes, seriesOf } from '../support/watch/scrapes';

const deploy = resolve(__dirname, '../../deploy');
const rules = join(deploy, 'alerts.yaml');
const target = 'instance="worker:9543",job="kong-privatelink"';

/** The series in promtool's words, as Prometheus keeps them of one target. */
function inputOf(scrapes: Scrapes) {
  return [...seriesOf(scrapes)].map(([name, values]) => ({
    series: name.endsWith('}') ? `${name.slice(0, -1)},${target}}` : `${name}{${target}}`,
    values: Array.from(scrapes, (_, minute) => values[minute] ?? '_').join(' '),
  }));
}

describeWithPromtool('Prometheus', () => {
  let folder: string;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'kong-privatelink-'));
  });

  afterAll(() => rmSync(folder, { recursive: true }));

  /** Runs one test of the rules over these series; gives what promtool said against it. */
  function judge(series: readonly object[], expected: object): string {
    const file = join(folder, 'test.yaml');
    const tests = [{ interval: '1m', input_series: series, ...expected }];
    writeFileSync(file, stringify({ rule_files: [rules], evaluation_interval: '1m', tests }, { lineWidth: 0 }));
    const { status, stdout, stderr } = runPromtool(['test', 'rules', file]);
    return status === 0 ? '' : stdout + stderr;
  }

  it.each(alertFaults)('fm-63 fires $fires when $name', async ({ live, fires }) => {
    const { scrapes } = await live();
    const firing = (minute: number, alerts: readonly string[]) => ({
      expr: 'sum by (alertname) (ALERTS{alertstate="firing"} > bool 0)',
      eval_time: `${minute}m`,
      exp_samples: alerts.map((alertname) => ({ labels: `{alertname="${alertname}"}`, value: 1 })),
    });

    expect(judge(inputOf(scrapes), { promql_expr_test: [firing(4, []), firing(scrapes.length - 1, fires)] })).toBe('');
  });

  it('fm-63 fires KongPrivatelinkDown for a worker that is down, and not for a removed worker', () => {
    const series = (name: string, instance: string, values: string) => ({
      series: `${name}{job="kong-privatelink",instance="${instance}"}`,
      values,
    });
    const workers = [
      ['here', '1x20', '1x20'],
      ['away', '1x5 _x15', '1x5 0x15'],
      ['out', '1x5 _x15', '1x5 _x15'],
    ] as const;
    const input = workers.flatMap(([instance, build, up]) => [
      series('kong_privatelink_build_info', instance, build),
      series('up', instance, up),
    ]);
    const firing = {
      expr: 'count by (instance) (ALERTS{alertname="KongPrivatelinkDown",alertstate="firing"})',
      eval_time: '19m',
      exp_samples: [{ labels: '{instance="away"}', value: 1 }],
    };

    expect(judge(input, { promql_expr_test: [firing] })).toBe('');
  });

  it('names the shortfall of the last pass in the alert', async () => {
    const worker = openScraped();
    worker.seeScopes(unknownScope());
    await worker.pass(30);
    const alert = {
      eval_time: '29m',
      alertname: 'KongPrivatelinkNoSuccess',
      exp_alerts: [
        {
          exp_labels: { severity: 'warning', instance: 'worker:9543', job: 'kong-privatelink' },
          exp_annotations: {
            summary: 'No pass of worker:9543 succeeds',
            description:
              'No recent pass read every scope and wrote every planned change. Reasons of the last pass: scopes_unknown.',
            runbook: 'docs/alerts.md#kongprivatelinknosuccess',
          },
        },
      ],
    };

    expect(judge(inputOf(worker.scrapes), { alert_rule_test: [alert] })).toBe('');
  });

  it('fm-63 fires KongPrivatelinkNoSuccess for the stage that is behind, and names the reason', () => {
    const series = (name: string, labels: string, values: string) => ({
      series: `kong_privatelink_${name}{${target},${labels}}`,
      values,
    });
    const input = ['eu', 'us'].flatMap((stage) => [
      series('last_success_timestamp_seconds', `stage="${stage}"`, stage === 'eu' ? '0+60x40' : '0x40'),
      series('interval_seconds', `stage="${stage}"`, '60x40'),
      series('pass_shortfall', `reason="failed",stage="${stage}"`, stage === 'eu' ? '0x40' : '1x40'),
      series('pass_shortfall', `reason="held",stage="${stage}"`, stage === 'eu' ? '1x40' : '0x40'),
    ]);
    const alert = {
      eval_time: '39m',
      alertname: 'KongPrivatelinkNoSuccess',
      exp_alerts: [
        {
          exp_labels: { severity: 'warning', instance: 'worker:9543', job: 'kong-privatelink', stage: 'us' },
          exp_annotations: {
            summary: 'No pass of worker:9543 (stage us) succeeds',
            description:
              'No recent pass read every scope and wrote every planned change. Reasons of the last pass: failed.',
            runbook: 'docs/alerts.md#kongprivatelinknosuccess',
          },
        },
      ],
    };

    expect(judge(input, { alert_rule_test: [alert] })).toBe('');
  });

  it('accepts the rules', () => {
    const { status, stdout, stderr } = runPromtool(['check', 'rules', rules]);

    expect({ status, said: stdout + stderr }).toMatchObject({ status: 0, said: expect.stringContaining('SUCCESS') });
  });

  it('accepts the metrics without a remark', async () => {
    const worker = openScraped();
    await worker.pass(1);

    const { status, stdout, stderr } = runPromtool(['check', 'metrics'], worker.scrapes[0]);

    expect({ status, said: stdout + stderr }).toEqual({ status: 0, said: '' });
  });

  it('accepts the expressions of the dashboard', () => {
    const { panels } = z
      .object({ panels: z.array(z.object({ targets: z.array(z.object({ expr: z.string() })).default([]) })) })
      .parse(parse(readFileSync(join(deploy, 'grafana.json'), 'utf8')));
    const asRules = panels
      .flatMap(({ targets }) => targets)
      .map(({ expr }, index) => ({ record: `board:${index}`, expr: expr.replaceAll('$__rate_interval', '5m') }));
    const file = join(folder, 'board.yaml');
    writeFileSync(file, stringify({ groups: [{ name: 'board', rules: asRules }] }));

    const { status, stderr } = runPromtool(['check', 'rules', file]);

    expect(asRules.length).toBeGreaterThan(20);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });
});
