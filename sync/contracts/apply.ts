import { type ErrorCode, messageOf, PrivatelinkError } from '#core/errors';
import { groupBy } from '#core/group-by';
import { concurrently } from '#io/concurrently';
import { delayedSignal } from '#io/signals';
import { type AppliedAction, actionSubject, type ContractAction, type ContractVerb, contractVerbs } from './actions';
import type { ContractWriter } from './contract-writer';

export type ActOptions = {
  readonly writer: ContractWriter;
  readonly signal: AbortSignal;
  /** Called before each call of AWS; throws when another process has become the writer. */
  readonly mayWrite?: () => void;
};

/** Endpoints or principals in one call. */
const perCall = 10;
/** Calls of one verb in one pass: AWS grants ten at once, then one a second. The rest waits. */
const mostCalls = 20;
/** Services that are written at once. */
const servicesAtOnce = 4;
/** A call in flight gets this time when the pass stops. A stop may take 10 s in all. */
const finishMs = 8_000;

/**
 * After these errors the pass makes no further call to the service, which would most likely wait
 * too.
 */
const stopping: ReadonlySet<ErrorCode> = new Set(['THROTTLED', 'TIMEOUT', 'UNREACHABLE', 'BAD_CONNECTION', 'REGION']);

/** Runs the actions, verb after verb. A failure costs its own actions only. Never rejects. */
export async function applyActions(
  actions: readonly ContractAction[],
  options: ActOptions,
): Promise<readonly AppliedAction[]> {
  const done: AppliedAction[] = [];
  const writing = delayedSignal(options.signal, finishMs);
  const progress: ActProgress = { calls: new Map(), stopped: new Map(), options, writeSignal: writing.signal };
  try {
    for (const verb of contractVerbs) {
      const services = [...groupBy(ofVerb(actions, verb), ({ serviceId }) => serviceId).values()];
      // Calls in flight are not cut off, because the report must say what AWS did.
      const limits = { limit: servicesAtOnce, signal: writing.signal };
      const results = await concurrently(services, limits, (group) => applyGroup(group, done, progress));
      done.push(...results.flat());
    }
    return done;
  } finally {
    writing.release();
  }
}

function ofVerb(actions: readonly ContractAction[], verb: ContractAction['action']): readonly ContractAction[] {
  return actions.filter(({ action }) => action === verb);
}

type ActProgress = {
  /** Number of calls made so far, by verb. */
  readonly calls: Map<ContractVerb, number>;
  /** The reason why a service gets no further call, by the id of the service. */
  readonly stopped: Map<string, string>;
  readonly options: ActOptions;
  /** Outlives the pass's signal, so that a call in flight can end. */
  readonly writeSignal: AbortSignal;
};

/** Runs the actions of one verb at one service, call after call. */
async function applyGroup(
  group: readonly ContractAction[],
  done: readonly AppliedAction[],
  progress: ActProgress,
): Promise<readonly AppliedAction[]> {
  const results: AppliedAction[] = [];
  for (let from = 0; from < group.length; from += perCall) {
    const batch = group.slice(from, from + perCall);
    results.push(...(await applyBatch(batch, done, progress)));
  }
  return results;
}

async function applyBatch(
  batch: readonly ContractAction[],
  done: readonly AppliedAction[],
  { calls, stopped, options, writeSignal }: ActProgress,
): Promise<readonly AppliedAction[]> {
  const [{ action, serviceId } = { action: 'allow' as const, serviceId: '' }] = batch;
  const { signal, writer, mayWrite } = options;
  const made = calls.get(action) ?? 0;
  const limit = `AWS grants one call a second, and this pass made ${made} calls; the next pass continues`;
  const full = made < mostCalls ? undefined : limit;
  const why = signal.aborted ? messageOf(signal.reason) : (stopped.get(serviceId) ?? full);
  if (why !== undefined)
    return batch.map((one) => ({ action: one, outcome: 'skipped', error: why, isTransient: true }));
  if (action === 'disallow' && isAllowMissing(serviceId, done))
    return batch.map((one) => ({
      action: one,
      outcome: 'skipped',
      error: 'principals must be allowed first, and some could not be',
    }));
  try {
    mayWrite?.();
    calls.set(action, made + 1);
    const refused = await writer.write({ action, serviceId, subjects: batch.map(actionSubject) }, writeSignal);
    const errors = new Map(refused.map((one) => [one.subject, one.error]));
    return batch.map((one): AppliedAction => {
      const error = errors.get(actionSubject(one));
      return error === undefined ? { action: one, outcome: 'applied' } : { action: one, outcome: 'failed', error };
    });
  } catch (thrown) {
    const { code, transient = false } = thrown instanceof PrivatelinkError ? thrown : {};
    if (signal.aborted || (code && stopping.has(code))) stopped.set(serviceId, messageOf(thrown));
    const failure = { error: messageOf(thrown), isTransient: signal.aborted || transient, code };
    return batch.map((one) => ({ action: one, outcome: 'failed', ...failure }));
  }
}

/** Whether an allow failed: its consumer may still connect by a principal that would be removed. */
function isAllowMissing(serviceId: string, done: readonly AppliedAction[]): boolean {
  return done.some(
    ({ action, outcome }) => action.action === 'allow' && action.serviceId === serviceId && outcome !== 'applied',
  );
}
