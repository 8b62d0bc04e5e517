import type { Endpoint, ScopeState } from '#core/model';
import { labelText } from '#io/metrics/text';
import type { Report } from '#sync/pass/report';
import { runOnce } from '#sync/pass/run-once';
import { createMetrics } from '#sync/watch/metrics/store';
import { createWatchPass } from '#sync/watch/watch-pass';
import { endpointOf, knownScope, snapshotOf } from '../builders';
import { createPasses, observedIn } from '../passes';

type Told = Readonly<Record<string, unknown>>;

/** The worker's pass over a test's snapshots, in memory, with its log, reports and counters. */
export function openWatch(over: Parameters<typeof createPasses>[0] = {}) {
  const passes = createPasses(over);
  let scopes: readonly ScopeState[] = [knownScope([endpointOf()])];
  const reports: Report[] = [];
  const warnings: string[] = [];
  const metrics = createMetrics();
  const told: Told[] = [];
  const log = {
    debug: (fields: object, msg?: string) => void told.push({ ...fields, msg }),
    info: (fields: object, msg?: string) => void told.push({ ...fields, msg }),
    error: () => {},
    warn: ({ reason }: { reason?: string }) => void warnings.push(reason ?? ''),
  };
  const discover = async () => snapshotOf(...scopes.map((state) => observedIn(number, state)));
  const dependencies = () => ({ ...passes.deps, discover });
  const pass = createWatchPass({
    run: runOnce,
    dependencies,
    clock: passes.clock,
    intervalMs: () => 60_000,
    metrics,
    log,
    onSnapshot: () => {},
    onReport: (report) => void reports.push(report),
  });
  let number = 0;
  return {
    ...passes,
    metrics,
    warnings,
    reports,
    told: (msg: string) => told.filter((one) => one.msg === msg),
    see: (...seen: readonly Endpoint[]) => {
      scopes = [knownScope(seen)];
    },
    seeScopes: (...seen: readonly ScopeState[]) => {
      scopes = seen;
    },
    run: (signal = new AbortController().signal) => pass(++number, signal),
    /**
     * The metric's value for these labels, without the common prefix; the sum over all labels when
     * none are given.
     */
    metric: (name: string, labels?: Readonly<Record<string, string>>) => {
      const series = metrics.samples()[`kong_privatelink_${name}`] ?? {};
      if (labels) return series[labelText(labels)] ?? 0;
      return Object.values(series).reduce((sum, value) => sum + value, 0);
    },
  };
}
