import { PrivatelinkError } from '#core/errors';
import type { Snapshot } from '#core/model';
import { hasAnswered, knownScopes } from '#core/snapshot';
import { takeBack } from '#sync/cli/rollout/orders';
import { runOnce } from '#sync/pass/run-once';
import { planRollback, rollBack } from '#sync/rollout/rollback';
import { createHandClock } from '../../support/rollout/clocks';
import { checkOthers } from '../checks';
import { createFate } from '../processes';
import { memoryDisk, type StageDisk } from '../stages/disk';
import { type Answers, domainNames, quietAnswers } from '../stages/history';
import { createWorld, domainsIn } from '../stages/world';
import { checkData, checkSame, isFair } from './checks';
import { saidOf } from './gates';
import { type Configuration, goodConfiguration, quietPass, type StageName, type Step, stageNames } from './history';
import { type Process, quiesce, quietly, startProcess } from './host';
import { createOracle } from './oracle';
import { createPlane, createStage, type Estate, type Stage } from './stage';
import { approve, retry, skip } from './words';

const startMs = 1_795_000_000_000;
const tickMs = 1_000;
/**
 * Rounds of passes, approvals and time until all stages have one configuration. They include three
 * absences and three minutes.
 */
const settlingRounds = 10;
/** Files answer in their own order. A stage that waits for another one begins a round later. */
const mostRounds = 30;

export type RolloutsWorld = {
  readonly stages: readonly Stage[];
  live(step: Step): Promise<void>;
  /**
   * Without further faults and with approvals, all stages come to one configuration, which is
   * checked.
   */
  settle(): Promise<void>;
  end(): Promise<void>;
};

/** Control planes over one stateDir and one world. Changes reach them by a rollout. */
export function createRollouts(disk: StageDisk = memoryDisk()): RolloutsWorld {
  const clock = createHandClock();
  clock.step(startMs - clock.now());
  const world = createWorld(clock.now);
  const planes = new Map(stageNames.map((name) => [name, createPlane()]));
  const held = (name: StageName) => stageOf(name).held();
  const oracle = createOracle(
    {
      held,
      versionOf: (name) => stageOf(name).plane.writes.length,
      says: (name) => saidOf({ name, held: () => held(name), mood: () => stageOf(name).mood }),
      revision: disk.revisions.read,
    },
    stageNames,
  );
  const estate: Estate = { disk, world, clock, passClock: { ...clock, sleep: async () => {} }, oracle };
  const stages = [...planes].map(([name, plane]) => createStage(name, plane, estate));
  let configuration: Configuration = goodConfiguration;
  let worker: Process | undefined;
  const { signal } = new AbortController();

  function stageOf(name: StageName): Stage {
    return stages.find((one) => one.name === name) as Stage;
  }

  function start(): Process {
    const onEvent: Parameters<typeof startProcess>[0]['onEvent'] = ({ event, stage }) => {
      if (event === 'halt') oracle.halted(stage as StageName);
    };
    return startProcess({ clock, configuration, onEvent });
  }

  const isPaused = async () => (await disk.pause.read()) !== undefined;

  async function endWorker(): Promise<void> {
    await worker?.end();
    worker = undefined;
  }

  /** Distinguishes an injected fault from a fault of the product. */
  async function meeting<T>(process: Process, work: () => Promise<T>): Promise<T | undefined> {
    try {
      const done = await work();
      return process.occasion.fate.isDead() ? undefined : done;
    } catch (thrown) {
      if (process.occasion.fate.isDead() || thrown instanceof PrivatelinkError) return undefined;
      throw thrown;
    } finally {
      await quiesce();
      oracle.raise();
    }
  }

  async function passOver(process: Process, name: StageName): Promise<void> {
    const stage = stageOf(name);
    const before = new Map(stage.plane.entities);
    const heldBefore = stage.held();
    let snapshot: Snapshot | undefined;
    const report = await meeting(process, async () => {
      const session = stage.session(process);
      const discover: typeof session.discover = async (own) => {
        snapshot = await session.discover(own);
        return snapshot;
      };
      try {
        return await runOnce({ ...session, discover }, signal);
      } catch (thrown) {
        process.conductor.failed(session, thrown);
        throw thrown;
      }
    });
    oracle.checkWritten(name, heldBefore, { configuration, isPaused: await isPaused() });
    oracle.raise();
    checkOthers(before, stage.plane.entities);
    if (!report) return;
    stage.waits = report.waits;
    stage.hasPassed = true;
    if (!report.refused && process.occasion.answers.konnect.fault === 'none' && snapshot)
      checkData(stage, world, {
        found: domainsIn({ ...snapshot, scopes: knownScopes(snapshot) }),
        isWhole: snapshot.scopes.every(hasAnswered) && snapshot.scopes.every(({ status }) => status === 'known'),
      });
    await meeting(process, () => process.conductor.after(stage.session(process), report));
  }

  async function pass({ by, stages: names, ...answers }: Extract<Step, { do: 'pass' }>): Promise<void> {
    const process = by === 'worker' ? (worker ?? start()) : start();
    if (by === 'worker') worker = process;
    const fate = createFate(answers.kill);
    process.occasion = { configuration, answers, fate, isByHand: false };
    for (const name of names) if (!fate.isDead()) await passOver(process, name);
    if (by === 'command') await process.end();
    else if (fate.isDead()) await endWorker();
    oracle.raise();
  }

  async function wait({ seconds, kill }: Pick<Extract<Step, { do: 'wait' }>, 'seconds' | 'kill'>): Promise<void> {
    const fate = createFate(kill);
    if (worker) worker.occasion = { ...quietly(configuration), fate };
    for (let leftMs = seconds * 1_000; leftMs > 0; ) {
      const isBusy = worker?.conductor.isBusy();
      const ms = isBusy ? tickMs : leftMs;
      leftMs -= ms;
      oracle.tick(ms);
      clock.advance(ms);
      if (isBusy) await quiesce();
      if (fate.isDead()) await endWorker();
      oracle.raise();
    }
  }

  async function goBack(name: StageName, to: string | number | undefined, answers: Answers): Promise<void> {
    const stage = stageOf(name);
    const process = start();
    const fate = createFate(answers.kill);
    process.occasion = { configuration, answers, fate, isByHand: true };
    const heldBefore = stage.held();
    await meeting(process, async () => {
      const session = stage.session(process);
      const { state } = await session.remembered.journal.read();
      const wanted = typeof to === 'number' ? (state.history[to % state.history.length]?.revision ?? 'none') : to;
      const rollback = await planRollback(session, wanted, signal);
      oracle.watched(name).halt = undefined;
      return rollBack(session, rollback, signal);
    });
    oracle.checkWritten(name, heldBefore, { configuration, isPaused: await isPaused() });
    oracle.raise();
    await process.end();
  }

  async function retryIn(name: StageName): Promise<void> {
    if (await retry(name, disk)) oracle.watched(name).halt = undefined;
  }

  async function skipIn(name: StageName): Promise<void> {
    const waiting = stages.filter(({ waits }) => waits?.stage === name);
    if (waiting.length === 0) return;
    await skip(name, [...new Set(waiting.flatMap(({ waits }) => waits?.newest ?? []))], disk);
    oracle.skip(
      name,
      waiting.map((one) => one.name),
    );
  }

  async function abort(): Promise<void> {
    const process = start();
    process.occasion = { ...quietly(configuration), isByHand: true };
    for (const stage of stages.filter(({ hasPassed, waits }) => hasPassed && !waits).toReversed()) {
      const heldBefore = stage.held();
      await meeting(process, () => takeBack(stage.session(process), signal));
      oracle.checkWritten(stage.name, heldBefore, { configuration, isPaused: await isPaused() });
    }
    oracle.raise();
    await process.end();
  }

  async function live(step: Step): Promise<void> {
    if (!isFair(step, stages, world)) return;
    if (step.do === 'create' || step.do === 'delete' || step.do === 'tag' || step.do === 'untag' || step.do === 'retag')
      world.take(step);
    else if (step.do === 'configure') configuration = step;
    else if (step.do === 'pass') await pass(step);
    else if (step.do === 'wait') await wait(step);
    else if (step.do === 'clockStep') clock.step(step.seconds * 1_000);
    else if (step.do === 'mood') stageOf(step.stage).mood = step.says;
    else if (step.do === 'approve') {
      if (await approve(step.stage, disk, clock.now())) oracle.watched(step.stage).isApproved = true;
    } else if (step.do === 'skip') await skipIn(step.stage);
    else if (step.do === 'retry') await retryIn(step.stage);
    else if (step.do === 'abort') await abort();
    else if (step.do === 'rollback') await goBack(step.stage, step.to, step);
    else if (step.do === 'restart') await endWorker();
    else await disk.pause.write(step.do === 'pause' ? { atMs: clock.now(), by: {} } : undefined);
  }

  async function go(): Promise<void> {
    for (const name of stageNames) {
      const { state } = await disk.journal(name).read();
      if (state.pin) await goBack(name, 'newest', quietAnswers);
      else await retryIn(name);
      await live({ do: 'approve', stage: name });
    }
  }

  async function settle(): Promise<void> {
    const { fault: _, ...good } = configuration;
    configuration = { ...good, isFrozen: false };
    for (const one of stages) one.mood = 'pass';
    for (const domain of domainNames) {
      await live({ do: 'create', domain, number: 0 });
      for (let number = 0; number < 10; number += 1) await live({ do: 'tag', domain, number });
    }
    await live({ do: 'resume' });
    const findLate = () => (worker as Process).conductor.progress().find(({ step }) => step !== 'done');
    for (let round = 0; round < settlingRounds || (round < mostRounds && findLate()); round += 1) {
      await live(quietPass);
      await go();
      await wait({ seconds: 25 });
    }
    for (const stage of stages) checkSame(stage, world, configuration);
    const late = findLate();
    if (late) throw new Error(`${late.stage}: is ${late.step} (${late.reason}) in the end`);
  }

  return { stages, live, settle, end: endWorker };
}
