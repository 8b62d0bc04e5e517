import { applyChanges } from '#sync/control-planes/apply';
import { planOnce } from '#sync/pass/plan-once';
import { runOnce } from '#sync/pass/run-once';
import { planRetirement, whyClaimed } from '#sync/plan/retire';
import { createMemoryControlPlane } from '../support/control-planes/memory';
import { createMemoryCloudMap } from '../support/control-planes/memory-cloud-map';
import { createFakeClock } from '../support/passes';
import { createAws } from './aws';
import { checkOthers, checkPass, checkPublished, checkTruth } from './checks';
import type { Configuration, Pass, Step } from './history';
import { createMissed } from './missed';
import { ofOthers } from './of-others';
import { checkPredicted, predict } from './predicted';
import { createFate, emptyDisk, type Process, startProcess } from './processes';

/** The scope of test/simulation/aws.ts that the process's own credentials read. */
const ownScope = 2;
/**
 * After this many passes without faults the control plane must hold the truth: three absences and
 * three minutes, and some to spare.
 */
const settlingPasses = 6;
const betweenPassesMs = 100_000;
/** November 2026: a clock that is set back by twelve hours stays after the epoch. */
const startMs = 1_795_000_000_000;
const quiet: Pass = {
  do: 'pass',
  by: 'worker',
  aws: [],
  konnect: { fault: 'none', atWrite: 0, times: 0 },
  allowRemovals: 1_000,
};

/** Runs one history, then lets it settle. Throws the broken rule. */
export async function simulate(history: readonly Step[]): Promise<void> {
  const clock = createFakeClock(startMs);
  const aws = createAws(() => startMs + clock.monotonicMs());
  const missed = createMissed(clock.monotonicMs);
  const plane = createMemoryControlPlane('test');
  for (const entity of ofOthers) plane.entities.set(`${entity.kind}:${entity.key}`, entity);
  const cloudMap = createMemoryCloudMap();
  const publications = [cloudMap.publication];
  const disk = emptyDisk();
  const startWorker = () =>
    startProcess({ clock, sources: aws.openSources(clock), disk, isWorker: true, publications });
  const startCommand = () =>
    startProcess({ clock, sources: aws.openSources(clock), disk: emptyDisk(), isWorker: false, publications });
  let worker = startWorker();
  let configuration: Configuration = { do: 'configure', affinity: 'none', isLimited: false };

  async function pass(step: Pass): Promise<void> {
    aws.setFaults(step.aws);
    const process = step.by === 'worker' ? worker : startCommand();
    const before = new Map(plane.entities);
    const fate = createFate(step.kill);
    const { report, predicted } = await onePass(process, step, fate);
    const isStranger = step.aws[ownScope] === 'stranger';
    const passed = {
      isStranger,
      before,
      after: new Map(plane.entities),
      configuration,
      snapshot: process.snapshot(),
      report,
    };
    checkPass(passed);
    if (report) checkPredicted(predicted, { ...passed, report });
    // The process that saw it is dead.
    if (step.by === 'worker') missed.check(passed);
    else missed.checkFresh(passed);
    if (fate.isDead() && step.by === 'worker') restart();
  }

  function restart(): void {
    worker = startWorker();
    missed.noteRestart();
  }

  let aheadSeconds = 0;

  function setClock(seconds: number): void {
    aheadSeconds += seconds;
    clock.step(seconds * 1_000);
    missed.noteStep();
  }

  /** The prediction shares the pass's snapshot: a second discovery confirms doubted answers. */
  async function onePass(process: Process, step: Pass, fate: ReturnType<typeof createFate>) {
    const deps = process.dependencies(plane, { ...step, configuration }, fate);
    let predicted: Awaited<ReturnType<typeof predict>>;
    const discover: typeof deps.discover = async (signal) => {
      const snapshot = await deps.discover(signal);
      predicted = await predict({ ...deps, discover: async () => snapshot, settle: undefined });
      return snapshot;
    };
    try {
      const report = await runOnce({ ...deps, discover }, new AbortController().signal);
      if (fate.isDead()) return {};
      process.gate.record(report);
      return { report: { ...report, held: process.gate.held().count }, predicted };
    } catch {
      return {};
    }
  }

  async function retire(domain: string): Promise<void> {
    aws.setFaults([]);
    const before = new Map(plane.entities);
    const deps = startCommand().dependencies(plane, { ...quiet, configuration }, createFate(undefined));
    const { signal } = new AbortController();
    const { held, plan, snapshot } = await planOnce({ ...deps, publications: [] }, signal);
    if (whyClaimed(domain, { snapshot, held, desired: plan.desired, mayClaim: () => true })) return;
    await applyChanges(planRetirement(domain, held), { controlPlane: plane, clock, concurrency: 2, signal });
    checkOthers(before, plane.entities);
  }

  for (const step of history) {
    if (step.do === 'pass') await pass(step);
    else if (step.do === 'wait') clock.advance(step.seconds * 1_000);
    else if (step.do === 'clockStep') setClock(step.seconds);
    else if (step.do === 'restart') restart();
    else if (step.do === 'configure') configuration = step;
    else if (step.do === 'retire') await retire(step.domain);
    else aws.take(step);
  }
  // With a clock that is a day off, nobody can tell the age of the other gateway's snapshot.
  setClock(-aheadSeconds);
  for (let settled = 0; settled < settlingPasses; settled += 1) {
    clock.advance(betweenPassesMs);
    // The other gateway continues too.
    aws.take({ do: 'remember' });
    await pass(quiet);
  }
  checkTruth(aws.world, plane.entities, configuration);
  checkPublished(aws.world, await cloudMap.publication.service.read(new AbortController().signal));
  plane.writes.length = 0;
  cloudMap.writes.length = 0;
  await pass(quiet);
  await pass({ ...quiet, by: 'command' });
  const writes = [...plane.writes, ...cloudMap.writes];
  if (writes.length > 0) throw new Error(`a pass over what is settled wrote ${writes.join(', ')}`);
}
