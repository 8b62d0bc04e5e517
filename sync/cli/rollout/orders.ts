import { PrivatelinkError } from '#core/errors';
import { backFrom, type StageState, trialOf, unpinned } from '../../rollout/journal';
import { planRollback, rollBack } from '../../rollout/rollback';
import { writing } from '../../rollout/run-stage';
import { exitCodes } from '../exit-codes';
import { type OfRollout, openRollout, readStandings, type Standing } from './standing';

type Session = Standing['session'];

/**
 * An order to a rollout, and the text about its effect. stateDir keeps the order, and the process
 * that runs the rollout finds it with the next pass.
 */
export type Order = (options: OfRollout & { readonly named?: string }, signal: AbortSignal) => Promise<string>;

/** Stops further stages from beginning until `resume`. Stages that have begun continue. */
const pause: Order = async (options, signal) => {
  const { rollout, remembered } = await anyOf(options, signal);
  await rollout.pause.write({ atMs: remembered.now(), by: remembered.by });
  return 'No stage begins until rollout resume. Address changes still go to all stages';
};

const resume: Order = async (options, signal) => {
  const { rollout } = await anyOf(options, signal);
  await rollout.pause.write(undefined);
  return 'Stages begin again, with the next pass';
};

/** Approves a stage whose gates passed, so that the next stage can begin. */
const approve: Order = async (options, signal) => {
  const session = await namedIn(options, signal);
  return change(session, signal, (state) => {
    const trial = trialOf(state);
    const isDue = trial?.verdict ? trial.verdict.kind === 'pass' : !trial?.isFound;
    if (!trial || !isDue)
      throw invalid(`stage ${session.stage} has nothing to approve`, 'rollout status shows what the stage waits for');
    const approved = { atMs: session.remembered.now(), by: session.remembered.by };
    return {
      state: { ...state, trial: { ...trial, approved } },
      said: `Revision ${trial.revision} in stage ${session.stage} is approved`,
    };
  });
};

/** Halted stages are tried again, also changes that were rolled back. */
const retry: Order = async (options, signal) => {
  const { stages } = await openRollout({ ...options, stage: undefined }, signal);
  const meant = options.named === undefined ? stages : [await namedIn(options, signal)];
  const said: string[] = [];
  for (const session of meant) {
    const { state } = await session.remembered.journal.read();
    if (!isHalted(state)) continue;
    said.push(
      await change(session, signal, (now) => ({ state: triedAgain(now), said: `Stage ${session.stage} tries again` })),
    );
  }
  if (said.length === 0) {
    const which = options.named === undefined ? 'no stage is' : `stage ${options.named} is not`;
    throw invalid(`${which} halted`, 'rollout status shows what each stage waits for');
  }
  return `${said.join('\n')}\nThe next pass continues`;
};

/** Whether a stage stands still because of the result of its trial. */
export function isHalted(state: StageState): boolean {
  const { verdict } = trialOf(state) ?? {};
  return backFrom(state) !== undefined || (verdict !== undefined && verdict.kind !== 'pass');
}

/** Returns the state of a halted stage for a new trial. */
export function triedAgain(state: StageState): StageState {
  if (backFrom(state)) return { ...unpinned(state), failed: undefined };
  const { trial } = state;
  return { ...state, trial: trial && { ...trial, verdict: undefined, bakingSinceMs: undefined } };
}

/** Later stages do not wait for this stage, for the current change only. */
const skip: Order = async (options, signal) => {
  const session = await namedIn(options, signal);
  const { stages } = await readStandings({ ...options, stage: undefined }, signal);
  const newest = stages.flatMap(({ report }) => (report?.waits?.stage === session.stage ? report.waits.newest : []));
  if (newest.length === 0)
    throw invalid(`no stage waits for stage ${session.stage}`, 'rollout status shows what each stage waits for');
  return change(session, signal, (state) => ({
    state: { ...state, skipped: [...new Set(newest)] },
    said: `Stage ${session.stage} is skipped for revision ${[...new Set(newest)].join(', ')}`,
  }));
};

/** Takes the current change back from all stages. */
const abort: Order = async (options, signal) => {
  const { stages } = await readStandings({ ...options, stage: undefined }, signal);
  if (stages.every(({ progress }) => progress.step === 'done' || progress.step === 'pinned'))
    throw invalid('no rollout is under way', 'use rollback to return stages to an earlier revision');
  const said: string[] = [];
  // A stage that is due or waits still runs the change before, and stays.
  const having = stages.filter(({ report, progress }) => report && !report.waits && progress.step !== 'due');
  for (const { session } of having.toReversed()) said.push(...(await takeBack(session, signal)));
  if (said.length === 0)
    throw invalid('no stage runs the change, so nothing can be taken back', 'correct the configuration');
  return `${said.join('\n')}\nNow remove the change from the configuration, or correct it. Until then these stages stay at the earlier revision`;
};

/**
 * Takes back a revision on trial in a stage, or with a passed trial before the end of the
 * rollout. Throws PrivatelinkError.
 */
export async function takeBack(session: Session, signal: AbortSignal): Promise<readonly string[]> {
  const { state } = await session.remembered.journal.read();
  const { runs, pin, stable } = state;
  const trial = trialOf(state);
  if (pin || !trial || trial.isFound) return [];
  const target = stable === runs ? undefined : stable;
  const rollback = await planRollback(session, target, signal);
  if (rollback.report.refused) return [`Stage ${session.stage} stays: ${rollback.report.refused}`];
  const { applied = [] } = await writing(session, signal, (writer, own) => rollBack(writer, rollback, own));
  const failed = applied.filter(({ outcome }) => outcome !== 'applied').length;
  const rest = failed > 0 ? `; the next pass writes the other ${failed} changes` : '';
  return [`Stage ${session.stage} is back at revision ${rollback.to}${rest}`];
}

export const orders = { pause, resume, approve, retry, skip, abort } as const;

/** Carries out an order and prints its effect. */
export async function give(order: keyof typeof orders, options: Parameters<Order>[0], signal: AbortSignal) {
  const said = await orders[order](options, signal);
  const { terminal, json } = options;
  terminal.out(json ? `${JSON.stringify({ order, said })}\n` : `${said}\n`);
  return exitCodes.done;
}

async function anyOf(options: OfRollout, signal: AbortSignal): Promise<Session> {
  const [first] = (await openRollout(options, signal)).stages;
  if (first) return first;
  throw new PrivatelinkError('rollout: no stage can be listed now', { code: 'UNREACHABLE', fix: 'run doctor' });
}

async function namedIn(options: Parameters<Order>[0], signal: AbortSignal): Promise<Session> {
  const stage = options.named ?? options.stage;
  if (stage === undefined)
    throw invalid(
      'the order is for one stage, and none is named',
      'name the stage after the order: rollout approve canary',
    );
  return anyOf({ ...options, stage }, signal);
}

type Changed = { readonly state: StageState; readonly said: string };

/** Changes the state of a stage under the lock of its one writer. */
function change(session: Session, signal: AbortSignal, next: (state: StageState) => Changed): Promise<string> {
  return writing(session, signal, async (writer) => {
    const { journal } = session.remembered;
    const { state, said } = next((await journal.read()).state);
    writer.mayWrite?.();
    await journal.write(state);
    return said;
  });
}

function invalid(reason: string, fix: string): PrivatelinkError {
  return new PrivatelinkError(`rollout: ${reason}`, { code: 'CONFIG_INVALID', fix });
}
