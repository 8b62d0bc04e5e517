import { errorCodes } from '#core/errors';
import { quarantineCodes } from '#core/model';
import { writeOrder } from '#deck/desired';
import { type MetricTable, metricRows } from '#io/metrics/text';
import { contractVerbs } from '../../contracts/actions';
import { actions } from '../../plan/changes';
import { shortfalls } from './shortfalls';

/** From a pass without changes to the longest possible pass. */
const passSeconds = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600];
/** From a nearly punctual timer to a thread that needs a restart. */
const lagSeconds = [0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30];

const passes = {
  kong_privatelink_passes_total: { type: 'counter', help: 'Ended passes, including failed passes' },
  kong_privatelink_passes_failed_total: {
    type: 'counter',
    help: 'Passes that could not plan, or stopped while applying',
    labels: { code: errorCodes },
  },
  kong_privatelink_pass_duration_seconds: {
    type: 'histogram',
    help: 'Duration of passes in seconds',
    buckets: passSeconds,
  },
  kong_privatelink_pass_shortfall: {
    type: 'gauge',
    help: 'Reasons why the last pass did not succeed (1 for each reason, all 0 after a success)',
    labels: { reason: shortfalls },
  },
  kong_privatelink_last_pass_timestamp_seconds: { type: 'gauge', help: 'Unix time at which the last pass ended' },
  kong_privatelink_last_success_timestamp_seconds: {
    type: 'gauge',
    help: 'Unix time at which the last successful pass ended: it read every scope and wrote every planned change. 0: no success yet',
  },
  kong_privatelink_interval_seconds: { type: 'gauge', help: 'Configured time between passes in seconds' },
} as const satisfies MetricTable;

const discovery = {
  kong_privatelink_scopes_unknown: {
    type: 'gauge',
    help: 'Scopes that the last pass could not read',
    labels: { code: errorCodes },
  },
  kong_privatelink_last_good_age_seconds: { type: 'gauge', help: 'Age in seconds of the oldest scope in use' },
  kong_privatelink_endpoints_quarantined: {
    type: 'gauge',
    help: 'Endpoints in quarantine (kept out of routing)',
    labels: { code: quarantineCodes },
  },
} as const satisfies MetricTable;

const writing = {
  kong_privatelink_changes_applied_total: {
    type: 'counter',
    help: 'Changes written to the control plane',
    labels: { action: actions, kind: writeOrder },
  },
  kong_privatelink_changes_failed_total: {
    type: 'counter',
    help: 'Changes that could not be written',
    labels: { kind: writeOrder, code: errorCodes },
  },
  kong_privatelink_changes_skipped_total: {
    type: 'counter',
    help: 'Changes that were not tried because another change failed',
    labels: { kind: writeOrder },
  },
  kong_privatelink_changes_held: {
    type: 'gauge',
    help: 'Changes that the last pass held back until the end of the 30 s window',
  },
  kong_privatelink_changes_withheld: {
    type: 'gauge',
    help: 'Changes of the last plan that the brake withheld',
    labels: { kind: writeOrder },
  },
  kong_privatelink_plan_refused: {
    type: 'gauge',
    help: '1 where policy refused the whole last plan (limit), or withheld its removals (brake)',
    labels: { reason: ['limit', 'brake'] },
  },
  kong_privatelink_pinned: {
    type: 'gauge',
    help: '1 where the control plane is pinned to a revision, 0 where it follows the configuration',
  },
  kong_privatelink_publications_failed: {
    type: 'gauge',
    help: 'Cloud Map services that the last pass could not read, or could not write completely',
  },
  kong_privatelink_entities_rejected: {
    type: 'gauge',
    help: 'Entities that wait because the control plane found them invalid',
  },
  kong_privatelink_entities_flapping: {
    type: 'gauge',
    help: 'Entities that the last pass wrote again with the content of one of the ten passes before',
  },
} as const satisfies MetricTable;

/** Shown only with `contracts`. */
const contracts = {
  kong_privatelink_contract_connections: {
    type: 'gauge',
    help: 'Connections to the services of contracts, as last known (contracted: `yes` where the contract allows any call, else `no`)',
    labels: { service: [], state: [], contracted: ['yes', 'no'] },
  },
  kong_privatelink_contract_findings: {
    type: 'gauge',
    help: 'Findings about contracts (differences from AWS, or problems that keep a consumer out)',
    labels: { code: [] },
  },
  kong_privatelink_contract_actions_total: {
    type: 'counter',
    help: 'Actions at the services of contracts, done or failed',
    labels: { action: contractVerbs, outcome: [] },
  },
} as const satisfies MetricTable;

/** Shown only for a stage in a rollout (sync/watch/rollout/metrics.ts). */
export const rolloutMetrics = {
  kong_privatelink_rollout_step: {
    type: 'gauge',
    help: 'Step of a stage in a rollout: 1 for the current step, 0 for the others',
    labels: { step: [] },
  },
  kong_privatelink_rollout_until_timestamp_seconds: {
    type: 'gauge',
    help: 'Unix time until which a stage is expected to wait. Absent where unknown',
  },
  kong_privatelink_rollout_gate: {
    type: 'gauge',
    help: 'Last value of a gate in a trial of a stage: failed requests, or the value of a metric',
    labels: { gate: [] },
  },
  kong_privatelink_rollout_gate_state: {
    type: 'gauge',
    help: 'Last result of a gate in a trial of a stage: 1 for the result (`pass`, `fail`, `inconclusive` or `pending`), 0 for the others',
    labels: { gate: [], kind: [] },
  },
} as const satisfies MetricTable;

const running = {
  kong_privatelink_alive: { type: 'gauge', help: '1 while passes run, 0 when passes hang. /healthz says the same' },
  kong_privatelink_config_in_use: {
    type: 'gauge',
    help: '1 while the newest configuration is in use, 0 when it is invalid and the earlier configuration stays in use',
  },
  kong_privatelink_reloads_failed_total: {
    type: 'counter',
    help: 'Reloads that failed because the configuration could not be used',
  },
  kong_privatelink_output_lost_total: {
    type: 'counter',
    help: 'Lines of the log or of reports that could not be written to standard output',
  },
  kong_privatelink_eventloop_lag_seconds: {
    type: 'histogram',
    help: 'Delay in seconds of a one-second timer in the thread of the passes',
    buckets: lagSeconds,
  },
  kong_privatelink_build_info: {
    type: 'gauge',
    help: 'Always 1, with the versions of the worker and of Node.js as labels',
    labels: { version: [], node: [] },
  },
  process_resident_memory_bytes: { type: 'gauge', help: 'Resident memory of the process in bytes' },
  process_cpu_seconds_total: { type: 'counter', help: 'User and system CPU time of the process in seconds' },
  process_start_time_seconds: { type: 'gauge', help: 'Unix time at which the process started' },
} as const satisfies MetricTable;

const calls = {
  kong_privatelink_api_calls_total: {
    type: 'counter',
    help: 'Calls to AWS, the control plane and snapshots, including retries (result: `ok` or the error code)',
    labels: { api: [], action: [], result: ['ok', ...errorCodes] },
  },
} as const satisfies MetricTable;

/** Metrics of the worker by topic. */
export const workerGroups = {
  Passes: passes,
  Discovery: discovery,
  Writing: writing,
  Calls: calls,
  Contracts: contracts,
  Rollouts: rolloutMetrics,
  'The worker itself': running,
};

/** Metrics with one series for each stage. */
export const stageMetrics = { ...passes, ...discovery, ...writing, ...calls, ...contracts, ...rolloutMetrics };

/** Every metric of the worker. Docs, alerts and the Grafana board are made from this table. */
export const workerMetrics = { ...stageMetrics, ...running };

export type Metric = keyof typeof workerMetrics;

/** Returns the page of docs/reference. `others`: metrics of other servers, by server. */
export function metricsReference(others: Readonly<Record<string, MetricTable>>): string {
  const rows = metricRows(workerMetrics).join('\n');
  const further = Object.entries(others).map(
    ([whose, table]) => `
## Of ${whose}

\`--metrics\` serves these metrics.

| Name | Type | Meaning |
|---|---|---|
${metricRows(table).join('\n')}
`,
  );
  return `# Metrics

Generated by \`npm run generate\` from sync/watch/metrics/table.ts. \`sync --watch\` serves these
metrics at \`/metrics\`. The [alerts](../alerts.md) and the Grafana board use these metrics. With
several control planes, each metric has the label \`stage\`, except the metrics of the process.

| Name | Type | Meaning |
|---|---|---|
${rows}
${further.join('')}`;
}
