import { errorCodes } from '#core/errors';
import { quarantineCodes } from '#core/model';
import { writeOrder } from '#deck/desired';
import { type MetricTable, metricRows } from '#io/metrics/text';
import { contractVerbs } from '../../contracts/actions';
import { actions } from '../../plan/changes';
import { shortfalls } from './shortfalls';

/** From a pass that changes nothing to one that is as long as any may be. */
const passSeconds = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600];
/** From a timer that is hardly late to a thread that restarts are for. */
const lagSeconds = [0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30];

const passes = {
  kong_privatelink_passes_total: { type: 'counter', help: 'Passes that ended, also those that failed' },
  kong_privatelink_passes_failed_total: {
    type: 'counter',
    help: 'Passes that could not plan, or had to stop while applying',
    labels: { code: errorCodes },
  },
  kong_privatelink_pass_duration_seconds: { type: 'histogram', help: 'How long passes took', buckets: passSeconds },
  kong_privatelink_pass_shortfall: {
    type: 'gauge',
    help: 'Reasons why the last pass was no success (1); it was one where all are 0',
    labels: { reason: shortfalls },
  },
  kong_privatelink_last_pass_timestamp_seconds: { type: 'gauge', help: 'When the last pass ended, unix time' },
  kong_privatelink_last_success_timestamp_seconds: {
    type: 'gauge',
    help: 'When the last pass ended that read every scope and wrote everything that was planned, unix time; 0: none did',
  },
  kong_privatelink_interval_seconds: { type: 'gauge', help: 'Time between passes, as configured' },
} as const satisfies MetricTable;

const discovery = {
  kong_privatelink_scopes_unknown: {
    type: 'gauge',
    help: 'Scopes that could not be read in the last pass',
    labels: { code: errorCodes },
  },
  kong_privatelink_last_good_age_seconds: { type: 'gauge', help: 'Age of the oldest answer in use' },
  kong_privatelink_endpoints_quarantined: {
    type: 'gauge',
    help: 'Endpoints that are kept out of routing',
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
    help: 'Changes that were not tried after the failure of another',
    labels: { kind: writeOrder },
  },
  kong_privatelink_changes_held: {
    type: 'gauge',
    help: 'Changes that the last pass left for the end of the 30 s that collect them',
  },
  kong_privatelink_changes_withheld: {
    type: 'gauge',
    help: 'Changes of the last plan that the brake withheld',
    labels: { kind: writeOrder },
  },
  kong_privatelink_plan_refused: {
    type: 'gauge',
    help: 'Whether policy refused the last plan as a whole (limit), or withheld removals of it (brake)',
    labels: { reason: ['limit', 'brake'] },
  },
  kong_privatelink_pinned: {
    type: 'gauge',
    help: '1 where the control plane is pinned to a revision, 0 where it follows the configuration',
  },
  kong_privatelink_publications_failed: {
    type: 'gauge',
    help: 'Cloud Map services that the last pass could not read, or not write whole',
  },
  kong_privatelink_entities_rejected: {
    type: 'gauge',
    help: 'Entities that wait, as the control plane found them invalid',
  },
  kong_privatelink_entities_flapping: {
    type: 'gauge',
    help: 'Entities that the last pass wrote as one of the ten before it had already',
  },
} as const satisfies MetricTable;

/** With `contracts` alone: elsewhere none of them is shown. */
const contracts = {
  kong_privatelink_contract_connections: {
    type: 'gauge',
    help: 'Connections to the services of contracts as last known, by state, and by whether the contract lets them call anything (`yes` or `no`)',
    labels: { service: [], state: [], contracted: ['yes', 'no'] },
  },
  kong_privatelink_contract_findings: {
    type: 'gauge',
    help: 'What the contract says otherwise, or what keeps a consumer out',
    labels: { code: [] },
  },
  kong_privatelink_contract_actions_total: {
    type: 'counter',
    help: 'What was done at the services of contracts, or failed',
    labels: { action: contractVerbs, outcome: [] },
  },
} as const satisfies MetricTable;

/** Of a stage in a rollout alone (sync/watch/rollout/metrics.ts): elsewhere none of them is shown. */
export const rolloutMetrics = {
  kong_privatelink_rollout_step: {
    type: 'gauge',
    help: 'How far a stage is in a rollout: 1 for the step that it is at, 0 for the others',
    labels: { step: [] },
  },
  kong_privatelink_rollout_until_timestamp_seconds: {
    type: 'gauge',
    help: 'When that is expected which a stage waits for, unix time; absent where nobody knows',
  },
  kong_privatelink_rollout_gate: {
    type: 'gauge',
    help: 'What a gate measured last in a trial of a stage: failed requests, or the value of a metric',
    labels: { gate: [] },
  },
  kong_privatelink_rollout_gate_state: {
    type: 'gauge',
    help: 'What a gate said last in a trial of a stage: 1 for that (`pass`, `fail`, `inconclusive` or `pending`), 0 for the others',
    labels: { gate: [], kind: [] },
  },
} as const satisfies MetricTable;

const running = {
  kong_privatelink_alive: { type: 'gauge', help: '1 where passes go on, 0 where they hang: what /healthz says' },
  kong_privatelink_config_in_use: {
    type: 'gauge',
    help: '1 where the configuration as it was last read is in use, 0 where it could not be used and the one before stays',
  },
  kong_privatelink_reloads_failed_total: {
    type: 'counter',
    help: 'Configurations that could not be used when read again',
  },
  kong_privatelink_output_lost_total: {
    type: 'counter',
    help: 'Lines for standard output (log, or reports) that could not be written',
  },
  kong_privatelink_eventloop_lag_seconds: {
    type: 'histogram',
    help: 'How late the thread of the passes ran a timer of each second',
    buckets: lagSeconds,
  },
  kong_privatelink_build_info: {
    type: 'gauge',
    help: '1, with the versions of the worker and of Node.js',
    labels: { version: [], node: [] },
  },
  process_resident_memory_bytes: { type: 'gauge', help: 'Memory of the process, resident' },
  process_cpu_seconds_total: { type: 'counter', help: 'Processor time of the process, of user and system' },
  process_start_time_seconds: { type: 'gauge', help: 'When the process started, unix time' },
} as const satisfies MetricTable;

const calls = {
  kong_privatelink_api_calls_total: {
    type: 'counter',
    help: 'Calls to AWS, the control plane and snapshots, each try, with `ok` or the code of the error',
    labels: { api: [], action: [], result: ['ok', ...errorCodes] },
  },
} as const satisfies MetricTable;

/** The metrics of the worker by what they are about. */
export const workerGroups = {
  Passes: passes,
  Discovery: discovery,
  Writing: writing,
  Calls: calls,
  Contracts: contracts,
  Rollouts: rolloutMetrics,
  'The worker itself': running,
};

/** What is counted for each stage by itself. */
export const stageMetrics = { ...passes, ...discovery, ...writing, ...calls, ...contracts, ...rolloutMetrics };

/** Every metric of the worker. Docs, alerts and the board are made from this table. */
export const workerMetrics = { ...stageMetrics, ...running };

export type Metric = keyof typeof workerMetrics;

/** The page of docs/reference; the metrics of other servers by whose they are. */
export function metricsReference(others: Readonly<Record<string, MetricTable>>): string {
  const rows = metricRows(workerMetrics).join('\n');
  const further = Object.entries(others).map(
    ([whose, table]) => `
## Of ${whose}

\`--metrics\` serves them.

| Name | Type | Meaning |
|---|---|---|
${metricRows(table).join('\n')}
`,
  );
  return `# Metrics

Generated by \`npm run generate\` from sync/watch/metrics/table.ts. \`/metrics\` of \`sync --watch\` serves them; [alerts](../alerts.md) and a board are made from them.
Where a configuration has several control planes, all but those of the process itself have the label \`stage\`.

| Name | Type | Meaning |
|---|---|---|
${rows}
${further.join('')}`;
}
