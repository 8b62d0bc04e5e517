import { type ErrorCode, messageOf, PrivatelinkError } from '#core/errors';
import { groupBy } from '#core/group-by';
import { concurrently } from '#io/concurrently';
import { delayedSignal } from '#io/signals';
import { type AppliedAction, actionSubject, type ContractAction, type ContractVerb, contractVerbs } from './actions';
import type { ContractWriter } from './contract-writer';

export type ActOptions = {
  readonly writer: ContractWriter;
  readonly signal: AbortSignal;
  /** Asked before each call; throws where another process writes by now. */
  readonly mayWrite?: () => void;
};

/** Endpoints, or principals, in one call. */
const perCall = 10;
/** Calls of one verb in one pass: AWS grants ten at once and one a second after that, and who may call no more waits for the next pass. */
const mostCalls = 20;
/** Services that are written to at once. */
const servicesAtOnce = 4;
/** A call in flight gets this long to end when the pass is stopped: less than the 10 s that a stop may take. */
const finishMs = 8_000;

/** After these no further call to the service is tried in this pass: it would most likely only wait, too. */
const stopping: ReadonlySet<ErrorCode> = new Set(['THROTTLED', 'TIMEOUT', 'UNREACHABLE', 'BAD_CONNECTION', 'REGION']);

/** Does the actions, verb after verb; what fails costs itself alone. Never rejects. */
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
      // Work in flight is not cut off: what AWS did is to be known.
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
  /** Made so far, by verb. */
  readonly calls: Map<ContractVerb, number>;
  /** Why nothing more is tried at a service, by its id. */
  readonly stopped: Map<string, string>;
  readonly options: ActOptions;
  /** Outlives the pass's signal, so that a call in flight ends whole. */
  readonly writeSignal: AbortSignal;
};

/** The actions of one verb at one service, call after call. */
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
  const full = made < mostCalls ? undefined : `AWS grants one call a second: the next pass goes on after ${made} calls`;
  const why = signal.aborted ? messageOf(signal.reason) : (stopped.get(serviceId) ?? full);
  if (why !== undefined)
    return batch.map((one) => ({ action: one, outcome: 'skipped', error: why, isTransient: true }));
  if (action === 'disallow' && isAllowMissing(serviceId, done))
    return batch.map((one) => ({
      action: one,
      outcome: 'skipped',
      error: 'not every principal could be allowed first',
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

/** Whoever could not be allowed may connect by a principal that would leave. */
function isAllowMissing(serviceId: string, done: readonly AppliedAction[]): boolean {
  return done.some(
    ({ action, outcome }) => action.action === 'allow' && action.serviceId === serviceId && outcome !== 'applied',
  );
}
