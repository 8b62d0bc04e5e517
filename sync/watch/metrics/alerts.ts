import type { AlertTable } from '#io/metrics/alerts';
import type { Metric } from './table';

/** In a message: the series of the metric above 0 of the same instance and stage, by this label. */
function each(metric: Metric, label: string): string {
  const query = `query (printf "${metric}{instance=%q,stage=%q} > 0" $labels.instance $labels.stage)`;
  return `{{ range ${query} }} {{ .Labels.${label} }}{{ end }}`;
}

/** In a message: the worker, and which of several control planes. */
const worker = '{{ $labels.instance }}{{ with $labels.stage }} (stage {{ . }}){{ end }}';

/** What calls somebody; the manual has a section for each, and a test the fault that it is for. */
export const workerAlerts = {
  KongPrivatelinkDown: {
    metric: 'kong_privatelink_build_info',
    // A target that is taken out of Prometheus has no `up`: what was scaled down calls nobody.
    when: (metric) => `absent(${metric}) or (up == 0 and on (job, instance) last_over_time(${metric}[1d]))`,
    for: '5m',
    severity: 'critical',
    summary: 'A worker of kong-privatelink is not scraped',
    description:
      'It does not run, or Prometheus does not reach its /metrics; without instance, none at all was seen. Routes stay as they are: an endpoint that goes away keeps its targets.',
  },
  KongPrivatelinkStuck: {
    metric: 'kong_privatelink_alive',
    when: (metric) => `${metric} == 0`,
    for: '1m',
    severity: 'critical',
    summary: 'The worker {{ $labels.instance }} hangs',
    description:
      'Its process answers and its passes do not go on: /healthz says so too. Routes stay as they are until it is restarted.',
  },
  KongPrivatelinkNoSuccess: {
    metric: 'kong_privatelink_last_success_timestamp_seconds',
    when: (metric) => `time() - ${metric} > 300 + 5 * kong_privatelink_interval_seconds`,
    for: '10m',
    severity: 'warning',
    summary: `No pass of ${worker} succeeds`,
    description: `For a while no pass has read every scope and written everything that was planned. The last one fell short by:${each('kong_privatelink_pass_shortfall', 'reason')}.`,
  },
  KongPrivatelinkScopesUnknown: {
    metric: 'kong_privatelink_scopes_unknown',
    when: (metric) => `sum without (code) (${metric}) > 0`,
    for: '15m',
    severity: 'warning',
    summary: `{{ $value }} scope(s) of ${worker} cannot be read`,
    description: `Why:${each('kong_privatelink_scopes_unknown', 'code')}. What was last known of them stays in use, and nothing of them is removed.`,
  },
  KongPrivatelinkAnswersOld: {
    metric: 'kong_privatelink_last_good_age_seconds',
    when: (metric) => `${metric} > 3600`,
    for: '5m',
    severity: 'warning',
    summary: `${worker} routes by what is {{ $value | humanizeDuration }} old`,
    description: 'A scope was not read for long, or a snapshot is not written anew by who reads AWS for it.',
  },
  KongPrivatelinkPlanRefused: {
    metric: 'kong_privatelink_plan_refused',
    when: (metric) => `${metric} > 0`,
    for: '5m',
    severity: 'warning',
    summary: `Policy refuses what ${worker} plans ({{ $labels.reason }})`,
    description:
      'With brake, removals of too much at once are withheld and the rest is written; with limit, nothing is. Somebody has to look whether discovery is right.',
  },
  KongPrivatelinkFlapping: {
    metric: 'kong_privatelink_entities_flapping',
    when: (metric) => `max_over_time(${metric}[5m]) > 0`,
    for: '10m',
    severity: 'warning',
    summary: `${worker} writes the same entities again and again`,
    description:
      'Most likely a second writer of this owner with another configuration undoes what this one writes, or an endpoint comes and goes.',
  },
  KongPrivatelinkNotWritten: {
    metric: 'kong_privatelink_pass_shortfall',
    when: (metric) => `sum without (reason) (${metric}{reason=~"rejected|changes_failed|changes_skipped"}) > 0`,
    for: '15m',
    severity: 'warning',
    summary: `${worker} cannot write everything that it plans`,
    description:
      'The control plane refuses entities, or their names are taken. What depends on them waits; everything else is written.',
  },
  KongPrivatelinkNotPublished: {
    metric: 'kong_privatelink_publications_failed',
    when: (metric) => `${metric} > 0`,
    for: '15m',
    severity: 'warning',
    summary: `{{ $value }} Cloud Map service(s) of ${worker} are not up to date`,
    description: 'Services of publish cannot be read, or not be written whole. Routing through Kong is not affected.',
  },
  KongPrivatelinkQuarantined: {
    metric: 'kong_privatelink_endpoints_quarantined',
    // An endpoint of another gateway is as it should be.
    when: (metric) => `${metric}{code!="other-gateway"} > 0`,
    for: '1h',
    severity: 'info',
    summary: `{{ $value }} endpoint(s) of ${worker} are quarantined ({{ $labels.code }})`,
    description:
      'Their tags cannot be used, or claim what others have or may not. Their owners have to change something.',
  },
  KongPrivatelinkRolloutHalted: {
    metric: 'kong_privatelink_rollout_step',
    when: (metric) => `sum without (step) (${metric}{step=~"halted|back"}) > 0`,
    for: '1m',
    severity: 'warning',
    summary: `The rollout halted at ${worker}`,
    description:
      'A gate of this stage failed or could not tell, or policy refuses what it plans: kong-privatelink rollout status says which, and why. Stages after it stay at what they run; addresses are followed in all.',
  },
  KongPrivatelinkRolloutWaits: {
    metric: 'kong_privatelink_rollout_step',
    when: (metric) => `${metric}{step="approval"} > 0`,
    for: '1d',
    severity: 'info',
    summary: `The rollout has waited a day for an approval of ${worker}`,
    description:
      'The gates of this stage passed: kong-privatelink rollout approve lets the next stages have what it runs. They stay as they are until then.',
  },
  KongPrivatelinkConfigNotUsed: {
    metric: 'kong_privatelink_config_in_use',
    when: (metric) => `${metric} == 0`,
    for: '5m',
    severity: 'warning',
    summary: '{{ $labels.instance }} cannot use its configuration as it is now',
    description: 'It goes on with the one before, and would not start again with this one.',
  },
  KongPrivatelinkOutputLost: {
    metric: 'kong_privatelink_output_lost_total',
    when: (metric) => `increase(${metric}[15m]) > 0`,
    for: '1m',
    severity: 'warning',
    summary: '{{ $labels.instance }} loses lines of its log, or reports',
    description: 'A disk is full, or who reads its standard output does not read. Passes go on.',
  },
} satisfies AlertTable<Metric>;
