import { compareText } from '#core/addresses/targets';
import { PrivatelinkError } from '#core/errors';
import { canonicalJson } from '#core/json';
import { knownScopes } from '#core/snapshot';
import { zoneOf } from '#deck/affinity';
import { type HeldEntity, nameOf } from '#deck/document';
import { applyChanges } from '#sync/control-planes/apply';
import { planOnce } from '#sync/pass/plan-once';
import { runOnce } from '#sync/pass/run-once';
import { planRetirement, whyClaimed } from '#sync/plan/retire';
import { planRollback, rollBack } from '#sync/rollout/rollback';
import { createFakeClock } from '../../support/passes';
import { ofOthers } from '../of-others';
import { createFate, type Fate } from '../processes';
import { checkAlways, checkDataStay, checkGoal, checkPin, checkSettled, checkWritten, isTagged } from './checks';
import { memoryDisk, type StageDisk } from './disk';
import { isFair } from './fair';
import { type Answers, type Configuration, quietAnswers, type StageName, type Step, stageNames } from './history';
import type { KnownParts } from './model';
import { createStage, defaultConfiguration, isOurs, type Stage } from './stage';
import { createWorld, domainsIn, type World } from './world';

const startMs = 1_795_000_000_000;
/**
 * After this many passes without faults each stage must be right: three absences and three minutes,
 * and some to spare.
 */
const settlingPasses = 6;
const betweenPassesMs = 100_000;

export type StagesWorld = {
  readonly stages: readonly Stage[];
  live(step: Step): Promise<void>;
  readonly world: World;
  /** Without further faults: runs passes until each stage must be right, and checks it. */
  settle(): Promise<void>;
};

/** Control planes over one stateDir and one world. */
export function createStages(disk: StageDisk = memoryDisk()): StagesWorld {
  const clock = createFakeClock(startMs);
  const world = createWorld(clock.now);
  const known: KnownParts = new Map();
  const stages = stageNames.map((name) => createStage({ name, disk, world, clock, known }));
  for (const { plane } of stages) for (const one of ofOthers) plane.entities.set(`${one.kind}:${one.key}`, one);
  let configuration: Configuration = defaultConfiguration;
  let remade = 0;
  const { signal } = new AbortController();
  const stageOf = (name: StageName) => stages.find((one) => one.name === name) as Stage;

  /** Distinguishes an injected fault from a fault of the product. */
  async function meeting<T>(fate: Fate, work: () => Promise<T>): Promise<T | undefined> {
    try {
      const done = await work();
      return fate.isDead() ? undefined : done;
    } catch (thrown) {
      if (fate.isDead() || thrown instanceof PrivatelinkError) return undefined;
      throw thrown;
    }
  }

  async function pass(stage: Stage, answers: Answers): Promise<void> {
    const fate = createFate(answers.kill);
    const before = new Map(stage.plane.entities);
    let found: ReturnType<typeof domainsIn> = [];
    const report = await meeting(fate, () => {
      const session = stage.session({ configuration, answers, fate }, true);
      const discover: typeof session.discover = async (own) => {
        const snapshot = await session.discover(own);
        found = domainsIn({ ...snapshot, scopes: knownScopes(snapshot) });
        return snapshot;
      };
      return runOnce({ ...session, discover }, signal);
    });
    const passed = { stage, world, before, report };
    checkAlways(passed);
    if (report && !report.refused) checkPin(passed);
    if (report && answers.konnect.fault === 'none') checkWritten(stage, found);
    if (fate.isDead()) for (const one of stages) one.restart();
  }

  async function goBack({ stage: name, to, ...answers }: Extract<Step, { do: 'rollback' }>): Promise<void> {
    const stage = stageOf(name);
    const fate = createFate(answers.kill);
    const before = new Map(stage.plane.entities);
    const session = stage.session({ configuration, answers, fate }, false);
    await meeting(fate, async () => {
      const { state } = await session.remembered.journal.read();
      const wanted = typeof to === 'number' ? (state.history[to % state.history.length]?.revision ?? 'none') : to;
      const rollback = await planRollback(session, wanted, signal);
      checkGoal(stage, wanted, rollback.to);
      stage.expectRollback(rollback.to);
      return rollBack(session, rollback, signal);
    });
    checkAlways({ stage, world, before });
    checkDataStay({ stage, world, before });
  }

  async function retire({ stage: name, domain }: Extract<Step, { do: 'retire' }>): Promise<void> {
    const { plane, session, model } = stageOf(name);
    // The only mark of the pin would leave with it.
    if (model.isLost() && [...plane.entities.values()].some((one) => one.domain === domain && isTagged(one))) return;
    const fate = createFate(undefined);
    const { held, plan, snapshot } = await planOnce(
      session({ configuration, answers: quietAnswers, fate }, false),
      signal,
    );
    if (whyClaimed(domain, { snapshot, held, desired: plan.desired, mayClaim: () => true })) return;
    await applyChanges(planRetirement(domain, held), { controlPlane: plane, clock, concurrency: 2, signal });
  }

  function remake({ stage: name, domain }: Extract<Step, { do: 'remake' }>): void {
    const { plane, model } = stageOf(name);
    const service = plane.entities.get(`service:${domain}`);
    // Without stateDir, the tag of the pin and the held entities are its only traces.
    if (!service || !isOurs(service) || isTagged(service) || model.isLost()) return;
    remade += 1;
    const below = [...plane.entities.values()].filter((one) => one.parent === domain && isOurs(one));
    for (const { kind, key } of below) plane.entities.delete(`${kind}:${key}`);
    plane.entities.set(`service:${domain}`, { ...service, id: `hand-${remade}` });
  }

  async function live(step: Step): Promise<void> {
    if (!isFair(step, stages, world)) return;
    world.take(step);
    if (step.do === 'configure') configuration = step;
    else if (step.do === 'pass') for (const name of step.stages) await pass(stageOf(name), step);
    else if (step.do === 'rollback') await goBack(step);
    else if (step.do === 'retire') await retire(step);
    else if (step.do === 'remake') remake(step);
    else if (step.do === 'wait') clock.advance(step.seconds * 1_000);
    else if (step.do === 'restart') for (const one of stages) one.restart();
    else if (step.do === 'loseState') {
      disk.lose();
      for (const one of stages) one.loseState();
    }
  }

  async function settle(): Promise<void> {
    for (let settled = 0; settled < settlingPasses; settled += 1) {
      clock.advance(betweenPassesMs);
      for (const stage of stages) await pass(stage, quietAnswers);
    }
    const kept = await disk.revisions.list();
    for (const stage of stages) checkSettled({ stage, world, configuration }, kept);
  }

  return { stages, world, live, settle };
}

/**
 * Runs one history, lets it settle, and checks that the next passes write nothing. Throws a check's
 * finding.
 */
export async function simulateStages(history: readonly Step[], disk?: StageDisk): Promise<void> {
  const { stages, live, settle } = createStages(disk);
  for (const step of history) await live(step);
  await settle();
  for (const stage of stages) {
    stage.plane.writes.length = 0;
    stage.stateWrites = 0;
  }
  await live({ do: 'pass', stages: stageNames, ...quietAnswers });
  await live({ do: 'restart' });
  await live({ do: 'pass', stages: stageNames, ...quietAnswers });
  for (const { name, plane, stateWrites } of stages)
    if (plane.writes.length + stateWrites > 0)
      throw new Error(`${name}: a pass over what is settled wrote ${plane.writes} and ${stateWrites} files`);
}

/**
 * Runs one history. Then going back to each earlier revision, and to the newest again, must change
 * nothing in the end. There are two exceptions. Unmanaged plugins stay away once they were taken
 * back. After a fault, or passes over some of the stages, nobody can say the right content of an
 * undiscovered domain, nor its routes and plugins.
 */
export async function checkIdentity(history: readonly Step[]): Promise<void> {
  const { stages, world, live, settle } = createStages();
  for (const step of history) await live(step);
  for (const { name } of stages) await live({ do: 'rollback', stage: name, to: 'newest', ...quietAnswers });
  await settle();
  const { plugins } = history.findLast((step) => step.do === 'configure') ?? defaultConfiguration;
  const discovered = new Set(world.domains().map(({ name }) => name));
  const isCompared: Comparing['isCompared'] = ({ kind, domain }) => {
    if (kind === 'plugin' && plugins === 0) return false;
    return discovered.has(domain) || kind === 'service' || kind === 'upstream';
  };
  const isWhole: Comparing['isWhole'] = ({ domain }) => discovered.has(domain) || isQuiet(history);
  const textOf = (stage: Stage) => textOfStage(stage, { isCompared, isWhole });
  const before = stages.map(textOf);
  for (const to of [undefined, 0, 1]) {
    for (const { name } of stages) await live({ do: 'rollback', stage: name, to, ...quietAnswers });
    await settle();
    for (const { name } of stages) await live({ do: 'rollback', stage: name, to: 'newest', ...quietAnswers });
    await settle();
    for (const [index, stage] of stages.entries())
      if (textOf(stage) !== before[index])
        throw new Error(`${stage.name}: is ${textOf(stage)} instead of ${before[index]}`);
  }
}

/** Every pass and rollback was whole: over all stages, without a fault and without a kill. */
function isQuiet(history: readonly Step[]): boolean {
  return history.every((step) => {
    if (step.do === 'loseState') return false;
    if (step.do !== 'pass' && step.do !== 'rollback') return true;
    const isEverywhere = step.do === 'rollback' || step.stages.length === stageNames.length;
    return isEverywhere && !step.kill && step.konnect.fault === 'none' && step.scopes.every((one) => one === 'none');
  });
}

type Comparing = Readonly<Record<'isCompared' | 'isWhole', (one: Pick<HeldEntity, 'kind' | 'domain'>) => boolean>>;

/**
 * Without entities of zones: they are data, which an undiscovered domain loses with `affinity:
 * none`.
 */
function textOfStage({ held, written }: Stage, { isCompared, isWhole }: Comparing): string {
  const entities = held()
    .filter((one) => zoneOf(one) === undefined && isCompared(one))
    .map(({ id: _, tags, ...one }) =>
      isWhole(one) ? { ...one, tags: tags.toSorted() } : { kind: one.kind, key: one.key },
    );
  return canonicalJson({ entities: entities.sort((a, b) => compareText(nameOf(a), nameOf(b))), written: written() });
}
