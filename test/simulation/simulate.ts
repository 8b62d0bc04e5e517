import type { HeldEntity } from '../../sync/control-plane';
import { runOnce } from '../../sync/run-once';
import { createMemoryControlPlane } from '../support/memory-control-plane';
import { createFakeClock } from '../support/passes';
import { createAws } from './aws';
import { checkPass, checkTruth } from './checks';
import type { Pass, Step } from './history';
import { createFate, emptyDisk, type Process, startProcess } from './processes';

/** Passes without faults after which the control plane must hold the truth: three absences and three minutes, and some to spare. */
const settlingPasses = 6;
const betweenPassesMs = 100_000;
const quiet: Pass = {
  do: 'pass',
  by: 'worker',
  aws: [],
  konnect: { fault: 'none', atWrite: 0, times: 0 },
  allowRemovals: 1_000,
};

/** Lives through one history, then lets it settle. Throws what a check found, naming the rule that was broken. */
export async function simulate(history: readonly Step[]): Promise<void> {
  const clock = createFakeClock(1_000_000);
  const aws = createAws(clock.now);
  const plane = createMemoryControlPlane('test');
  for (const entity of ofOthers) plane.entities.set(`${entity.kind}:${entity.key}`, entity);
  const disk = emptyDisk();
  const startWorker = () => startProcess({ clock, sources: aws.openSources(), disk, isWorker: true });
  const startCommand = () => startProcess({ clock, sources: aws.openSources(), disk: emptyDisk(), isWorker: false });
  let worker = startWorker();

  async function pass(step: Pass): Promise<void> {
    aws.setFaults(step.aws);
    const process = step.by === 'worker' ? worker : startCommand();
    const before = new Map(plane.entities);
    const fate = createFate(step.kill);
    const report = await onePass(process, step, fate);
    if (fate.isDead() && step.by === 'worker') worker = startWorker();
    checkPass({ before, after: new Map(plane.entities), snapshot: process.snapshot(), report });
  }

  async function onePass(process: Process, step: Pass, fate: ReturnType<typeof createFate>) {
    const deps = process.dependencies(plane, step, fate);
    try {
      const report = await runOnce(deps, new AbortController().signal);
      if (fate.isDead()) return undefined;
      process.gate.record(report);
      return report;
    } catch {
      return undefined;
    }
  }

  for (const step of history) {
    if (step.do === 'pass') await pass(step);
    else if (step.do === 'wait') clock.advance(step.seconds * 1_000);
    else if (step.do === 'restart') worker = startWorker();
    else aws.take(step);
  }
  for (let settled = 0; settled < settlingPasses; settled += 1) {
    clock.advance(betweenPassesMs);
    await pass(quiet);
  }
  checkTruth(aws.world, plane.entities);
  plane.writes.length = 0;
  await pass(quiet);
  await pass({ ...quiet, by: 'command' });
  if (plane.writes.length > 0) throw new Error(`a pass over what is settled wrote ${plane.writes.join(', ')}`);
}

/** Entities that the product must leave alone: those of people, and those of another owner. */
const ofOthers: readonly HeldEntity[] = [
  {
    kind: 'service',
    key: 'sd4',
    domain: 'sd4',
    id: 'theirs-1',
    fields: { name: 'sd4', host: 'sd4.example' },
    tags: [],
  },
  { kind: 'upstream', key: 'team', domain: 'team', id: 'theirs-2', fields: { name: 'team' }, tags: ['team-x'] },
  {
    kind: 'target',
    key: 'team|10.0.0.4:80',
    domain: 'team',
    parent: 'team',
    id: 'theirs-3',
    fields: { target: '10.0.0.4:80', weight: 7 },
    tags: ['kong-privatelink', 'owner:other'],
  },
];
