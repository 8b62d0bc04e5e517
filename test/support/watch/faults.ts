import { PrivatelinkError } from '#core/errors';
import { renderMetrics } from '#io/metrics/text';
import { metricsText } from '#plugin/server/serving/metrics';
import { resolverMetricsText } from '#resolver/metrics';
import { createAnswerCounts } from '#resolver/serving/counts';
import type { StageStep } from '#sync/rollout/advance/progress';
import { workerMetrics } from '#sync/watch/metrics/table';
import { rolloutSamples } from '#sync/watch/rollout/metrics';
import { deleted, endpointOf, hubScope, knownScope, tenEndpoints, unknownScope } from '../builders';
import { createPasses } from '../passes';
import { openScraped, type Scraped } from './scrapes';

/** What happens to a worker, which alerts that calls for, and what its metrics show in the end. */
export type AlertFault = {
  readonly name: string;
  readonly live: () => Promise<Scraped>;
  /** Alerts that fire in the end, and no others. */
  readonly fires: readonly string[];
  /** Lines of the last scrape. */
  readonly shows: readonly string[];
};

type Over = Parameters<typeof openScraped>[0];

/** What a worker lives through from its first minute on. */
function fromStart(live: (worker: Scraped) => unknown, over?: Over) {
  return async () => {
    const worker = openScraped(over);
    await live(worker);
    return worker;
  };
}

/** What a worker lives through that has succeeded for five minutes. */
function succeeded(live: (worker: Scraped) => unknown, over?: Over) {
  return fromStart(async (worker) => {
    worker.see(...tenEndpoints);
    await worker.pass(5);
    await live(worker);
  }, over);
}

/** Struck after that, and then passing for so many minutes. */
function struckFor(minutes: number, strike: (worker: Scraped) => void, over?: Over) {
  return succeeded((worker) => {
    strike(worker);
    return worker.pass(minutes);
  }, over);
}

const unavailable = () => Promise.reject(new PrivatelinkError('away', { code: 'UNREACHABLE', fix: undefined }));
const quarantined = (code: 'bad-tag' | 'other-gateway') =>
  ({ endpointId: 'vpce-9', scopeId: hubScope.id, code, reason: 'r', fix: 'f' }) as const;

/** Of a plugin server on a data plane, that minute. */
function pluginText(unresolved: number, ageMs: number): string {
  const counts = { events: unresolved, calls: new Map() };
  const feed = { oldestObservedAtMs: () => 0, ejected: () => 0 };
  return metricsText({ counts, instances: 1, unresolved, feed, nowMs: ageMs });
}

/** Of a resolver on a data plane, that minute. */
function resolverText(stale: number, ageMs: number): string {
  const feed = { oldestObservedAtMs: () => 0, ejected: () => 0 };
  return resolverMetricsText({ counts: { ...createAnswerCounts(), stale }, feed, nowMs: ageMs });
}

/** Of a stage in a rollout, that minute. */
function rolloutText(step: StageStep): string {
  return renderMetrics(workerMetrics, rolloutSamples({ stage: 'canary', step }));
}

/**
 * `last_success` keeps the time of the fault: the fifth minute, four minutes after the first pass.
 */
const lastSuccess = 'kong_privatelink_last_success_timestamp_seconds 241';

export const alertFaults: readonly AlertFault[] = [
  {
    name: 'nothing is wrong while endpoints come and go',
    live: fromStart((worker) =>
      worker.pass(120, (minute) => worker.see(...tenEndpoints.slice(0, 8 + (minute % 40 > 20 ? 1 : 0)))),
    ),
    fires: [],
    shows: ['kong_privatelink_alive 1', 'kong_privatelink_pass_shortfall{reason="failed"} 0'],
  },
  {
    name: 'AWS is down',
    live: struckFor(40, ({ seeScopes }) => seeScopes(unknownScope(tenEndpoints))),
    fires: ['KongPrivatelinkNoSuccess', 'KongPrivatelinkScopesUnknown'],
    shows: [lastSuccess, 'kong_privatelink_scopes_unknown{code="THROTTLED"} 1'],
  },
  {
    name: 'AWS was down from the start of the worker',
    live: fromStart(async (worker) => {
      worker.seeScopes(unknownScope());
      await worker.pass(40);
    }),
    fires: ['KongPrivatelinkNoSuccess', 'KongPrivatelinkScopesUnknown'],
    shows: ['kong_privatelink_last_success_timestamp_seconds 0'],
  },
  {
    name: 'AWS was down for ten minutes, and is up again',
    live: succeeded(async (worker) => {
      worker.seeScopes(unknownScope(tenEndpoints));
      await worker.pass(10);
      worker.see(...tenEndpoints);
      await worker.pass(10);
    }),
    fires: [],
    shows: ['kong_privatelink_scopes_unknown{code="THROTTLED"} 0'],
  },
  {
    name: 'a snapshot is not written any more',
    live: struckFor(15, ({ seeScopes }) => {
      const relayed = knownScope(tenEndpoints, [], { ...hubScope, account: 'snapshot' });
      seeScopes({ ...relayed, observedAtMs: relayed.observedAtMs - 2 * 3_600_000 });
    }),
    fires: ['KongPrivatelinkAnswersOld'],
    shows: ['kong_privatelink_last_good_age_seconds 7200'],
  },
  {
    name: 'the control plane is down',
    live: struckFor(40, ({ plane }) => Object.assign(plane, { read: unavailable })),
    fires: ['KongPrivatelinkNoSuccess'],
    shows: [lastSuccess, 'kong_privatelink_pass_shortfall{reason="failed"} 1'],
  },
  {
    name: 'a plan is refused: the brake withholds removals',
    live: struckFor(40, ({ see }) => see(...deleted(tenEndpoints))),
    fires: ['KongPrivatelinkNoSuccess', 'KongPrivatelinkPlanRefused'],
    shows: [lastSuccess, 'kong_privatelink_plan_refused{reason="brake"} 1'],
  },
  {
    name: 'a plan is refused as a whole',
    live: struckFor(40, ({ see }) => see(...tenEndpoints, endpointOf()), { mostOfKind: 10 }),
    fires: ['KongPrivatelinkNoSuccess', 'KongPrivatelinkPlanRefused'],
    shows: [lastSuccess, 'kong_privatelink_plan_refused{reason="limit"} 1'],
  },
  {
    name: 'two writers of one owner have different configurations',
    live: succeeded(async (worker) => {
      const settings = { sd2: { healthcheck: { path: '/other' } } };
      const other = createPasses({ controlPlane: worker.plane, settings });
      await worker.pass(30, () => other.pass(knownScope(tenEndpoints)));
    }),
    fires: ['KongPrivatelinkFlapping'],
    shows: ['kong_privatelink_entities_flapping 1'],
  },
  {
    name: 'a value changed once and changed back',
    live: fromStart(async (worker) => {
      const weights = [100, 50, 100];
      await worker.pass(30, (minute) => worker.see(endpointOf({ weight: weights[minute] ?? 100 })));
    }),
    fires: [],
    shows: ['kong_privatelink_entities_flapping 0'],
  },
  {
    name: 'the loop is stuck',
    live: succeeded((worker) => worker.hang(8)),
    fires: ['KongPrivatelinkStuck'],
    shows: ['kong_privatelink_alive 0'],
  },
  {
    name: 'the worker ended',
    live: succeeded((worker) => worker.end(15)),
    fires: ['KongPrivatelinkDown'],
    shows: [],
  },
  {
    name: 'the control plane finds an entity invalid',
    live: struckFor(40, ({ plane, see }) => {
      plane.failWith = ({ kind }) =>
        kind === 'upstream' ? new PrivatelinkError('no', { code: 'REJECTED', fix: undefined }) : undefined;
      see(...tenEndpoints, endpointOf({ id: 'vpce-2', domain: 'sd9' }));
    }),
    fires: ['KongPrivatelinkNoSuccess', 'KongPrivatelinkNotWritten'],
    shows: [lastSuccess, 'kong_privatelink_pass_shortfall{reason="rejected"} 1'],
  },
  {
    name: 'a service of Cloud Map is down',
    live: async () => {
      const service = Object.assign(createPasses().plane, { read: unavailable });
      return struckFor(40, () => {}, { publications: [{ name: 'cloud-map a/b', domain: 'sd2', service }] })();
    },
    fires: ['KongPrivatelinkNoSuccess', 'KongPrivatelinkNotPublished'],
    shows: ['kong_privatelink_publications_failed 1'],
  },
  {
    name: 'an endpoint has invalid tags',
    live: struckFor(90, ({ seeScopes }) => seeScopes(knownScope(tenEndpoints, [quarantined('bad-tag')]))),
    fires: ['KongPrivatelinkQuarantined'],
    shows: ['kong_privatelink_endpoints_quarantined{code="bad-tag"} 1'],
  },
  {
    name: 'an endpoint belongs to another gateway',
    live: struckFor(90, ({ seeScopes }) => seeScopes(knownScope(tenEndpoints, [quarantined('other-gateway')]))),
    fires: [],
    shows: ['kong_privatelink_endpoints_quarantined{code="other-gateway"} 1'],
  },
  {
    name: 'the new configuration is invalid',
    live: struckFor(15, ({ metrics }) => metrics.set('kong_privatelink_config_in_use', 0)),
    fires: ['KongPrivatelinkConfigNotUsed'],
    shows: ['kong_privatelink_config_in_use 0'],
  },
  {
    name: 'the disk of the log is full',
    live: succeeded((worker) =>
      worker.pass(10, (minute) => worker.metrics.set('kong_privatelink_output_lost_total', minute)),
    ),
    fires: ['KongPrivatelinkOutputLost'],
    shows: ['kong_privatelink_output_lost_total 9'],
  },
  {
    name: 'a gate failed, and the stage rolled back',
    live: succeeded((worker) => worker.pass(10, () => rolloutText('back'))),
    fires: ['KongPrivatelinkRolloutHalted'],
    shows: ['kong_privatelink_rollout_step{step="back"} 1', 'kong_privatelink_rollout_step{step="halted"} 0'],
  },
  {
    name: 'a gate was inconclusive until a person corrected it',
    live: succeeded((worker) => worker.pass(20, (minute) => rolloutText(minute < 10 ? 'halted' : 'baking'))),
    fires: [],
    shows: ['kong_privatelink_rollout_step{step="halted"} 0'],
  },
  {
    name: 'nobody approves a rollout for a day',
    live: succeeded((worker) => worker.pass(24 * 60 + 10, () => rolloutText('approval'))),
    fires: ['KongPrivatelinkRolloutWaits'],
    shows: ['kong_privatelink_rollout_step{step="approval"} 1'],
  },
  {
    name: 'discovery of a data plane fails',
    live: succeeded((worker) => worker.pass(45, (minute) => pluginText(0, minute * 60_000))),
    fires: ['KongPrivatelinkPluginStale'],
    shows: ['kong_privatelink_plugin_discovery_age_seconds 2640'],
  },
  {
    name: 'requests on a data plane have no target',
    live: succeeded((worker) => worker.pass(20, (minute) => pluginText(minute * 30, 0))),
    fires: ['KongPrivatelinkPluginUnresolved'],
    shows: ['kong_privatelink_plugin_unresolved_total 570'],
  },
  {
    name: 'discovery of a resolver fails',
    live: succeeded((worker) => worker.pass(45, (minute) => resolverText(0, minute * 60_000))),
    fires: ['KongPrivatelinkResolverStale'],
    shows: ['kong_privatelink_resolver_discovery_age_seconds 2640'],
  },
  {
    name: 'all targets of a resolver are too old',
    live: succeeded((worker) => worker.pass(20, (minute) => resolverText(minute * 30, 0))),
    fires: ['KongPrivatelinkResolverEmpty'],
    shows: ['kong_privatelink_resolver_stale_total 570'],
  },
];
