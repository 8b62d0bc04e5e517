import type { AlertTable } from '#io/metrics/alerts';
import type { Metric } from './table';

/**
 * Returns a template with the series of the metric above 0 for the same instance and stage, by this
 * label.
 */
function each(metric: Metric, label: string): string {
  const query = `query (printf "${metric}{instance=%q,stage=%q} > 0" $labels.instance $labels.stage)`;
  return `{{ range ${query} }} {{ .Labels.${label} }}{{ end }}`;
}

/** Template of the worker's name, with the stage where there are several. */
const worker = '{{ $labels.instance }}{{ with $labels.stage }} (stage {{ . }}){{ end }}';

/** Alerts. docs/operations.md has a section for each, and a test causes the fault of each. */
export const workerAlerts = {
  KongPrivatelinkDown: {
    metric: 'kong_privatelink_build_info',
    // A target removed from Prometheus has no `up`, so a worker that was scaled down does not
    // alert.
    when: (metric) => `absent(${metric}) or (up == 0 and on (job, instance) last_over_time(${metric}[1d]))`,
    for: '5m',
    severity: 'critical',
    summary: 'Prometheus does not scrape a worker of kong-privatelink',
    description:
      'The worker does not run, or Prometheus cannot reach its /metrics. Without an instance label, Prometheus saw no worker at all. Routes stay as they are: the targets of an endpoint that goes away stay.',
  },
  KongPrivatelinkStuck: {
    metric: 'kong_privatelink_alive',
    when: (metric) => `${metric} == 0`,
    for: '1m',
    severity: 'critical',
    summary: 'The worker {{ $labels.instance }} hangs',
    description:
      'The process answers, but its passes hang. /healthz says the same. Routes stay as they are until the worker is restarted.',
  },
  KongPrivatelinkNoSuccess: {
    metric: 'kong_privatelink_last_success_timestamp_seconds',
    when: (metric) => `time() - ${metric} > 300 + 5 * kong_privatelink_interval_seconds`,
    for: '10m',
    severity: 'warning',
    summary: `No pass of ${worker} succeeds`,
    description: `No recent pass read every scope and wrote every planned change. Reasons of the last pass:${each('kong_privatelink_pass_shortfall', 'reason')}.`,
  },
  KongPrivatelinkScopesUnknown: {
    metric: 'kong_privatelink_scopes_unknown',
    when: (metric) => `sum without (code) (${metric}) > 0`,
    for: '15m',
    severity: 'warning',
    summary: `{{ $value }} scope(s) of ${worker} cannot be read`,
    description: `Why:${each('kong_privatelink_scopes_unknown', 'code')}. Their last good answers stay in use, and nothing of these scopes is removed.`,
  },
  KongPrivatelinkAnswersOld: {
    metric: 'kong_privatelink_last_good_age_seconds',
    when: (metric) => `${metric} > 3600`,
    for: '5m',
    severity: 'warning',
    summary: `${worker} routes by data that is {{ $value | humanizeDuration }} old`,
    description: 'A scope was not read for a long time, or the process that writes a snapshot no longer renews it.',
  },
  KongPrivatelinkPlanRefused: {
    metric: 'kong_privatelink_plan_refused',
    when: (metric) => `${metric} > 0`,
    for: '5m',
    severity: 'warning',
    summary: `Policy refuses the plan of ${worker} ({{ $labels.reason }})`,
    description:
      'brake: too many removals at once are withheld, and the rest is written. limit: nothing is written. Check whether discovery is right.',
  },
  KongPrivatelinkFlapping: {
    metric: 'kong_privatelink_entities_flapping',
    when: (metric) => `max_over_time(${metric}[5m]) > 0`,
    for: '10m',
    severity: 'warning',
    summary: `${worker} writes the same entities again and again`,
    description:
      'Most likely a second writer with this owner and another configuration undoes the changes, or an endpoint comes and goes.',
  },
  KongPrivatelinkNotWritten: {
    metric: 'kong_privatelink_pass_shortfall',
    when: (metric) => `sum without (reason) (${metric}{reason=~"rejected|changes_failed|changes_skipped"}) > 0`,
    for: '15m',
    severity: 'warning',
    summary: `${worker} cannot write all planned changes`,
    description:
      'The control plane refuses entities, or their names are taken. Dependent entities wait. Everything else is written.',
  },
  KongPrivatelinkNotPublished: {
    metric: 'kong_privatelink_publications_failed',
    when: (metric) => `${metric} > 0`,
    for: '15m',
    severity: 'warning',
    summary: `{{ $value }} Cloud Map service(s) of ${worker} are not up to date`,
    description:
      'Services of publish cannot be read, or cannot be written completely. Routing through Kong is not affected.',
  },
  KongPrivatelinkQuarantined: {
    metric: 'kong_privatelink_endpoints_quarantined',
    // An endpoint of another gateway is normal.
    when: (metric) => `${metric}{code!="other-gateway"} > 0`,
    for: '1h',
    severity: 'info',
    summary: `{{ $value }} endpoint(s) of ${worker} are quarantined ({{ $labels.code }})`,
    description:
      'Their tags are invalid, or claim something that another endpoint has or that allow forbids. The owners of the endpoints must act.',
  },
  KongPrivatelinkRolloutHalted: {
    metric: 'kong_privatelink_rollout_step',
    when: (metric) => `sum without (step) (${metric}{step=~"halted|back"}) > 0`,
    for: '1m',
    severity: 'warning',
    summary: `The rollout halted at ${worker}`,
    description:
      'A gate of this stage failed or could not decide, or policy refuses its plan: kong-privatelink rollout status shows the gate and the reason. Later stages stay at their revision. Address changes still go to all stages.',
  },
  KongPrivatelinkRolloutWaits: {
    metric: 'kong_privatelink_rollout_step',
    when: (metric) => `${metric}{step="approval"} > 0`,
    for: '1d',
    severity: 'info',
    summary: `The rollout has waited a day for an approval of ${worker}`,
    description:
      'The gates of this stage passed. kong-privatelink rollout approve starts the next stages. Until then they stay as they are.',
  },
  KongPrivatelinkConfigNotUsed: {
    metric: 'kong_privatelink_config_in_use',
    when: (metric) => `${metric} == 0`,
    for: '5m',
    severity: 'warning',
    summary: '{{ $labels.instance }} cannot use its newest configuration',
    description: 'The worker runs with the earlier configuration. It would not restart with the newest configuration.',
  },
  KongPrivatelinkOutputLost: {
    metric: 'kong_privatelink_output_lost_total',
    when: (metric) => `increase(${metric}[15m]) > 0`,
    for: '1m',
    severity: 'warning',
    summary: '{{ $labels.instance }} loses lines of its log, or reports',
    description: 'A disk is full, or the reader of standard output does not read. Passes continue.',
  },
} satisfies AlertTable<Metric>;
