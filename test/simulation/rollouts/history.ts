import fc from 'fast-check';
import type { Pass } from '../history';
import {
  type Answers,
  answers,
  configure,
  domainNames,
  endpoint,
  mostly,
  quietAnswers,
  retag,
  type Configuration as Settings,
  type Step as StagesStep,
} from '../stages/history';

/**
 * The first begins, the next two go together. The last takes documents and base files, and no wave
 * names it.
 */
export const stageNames = ['canary', 'blue', 'green', 'file'] as const;
export type StageName = (typeof stageNames)[number];

export const order = ['canary', ['blue', 'green']] as const;

/** The stages that prove a change before this stage gets it, in terms of the simulation. */
export const earlierStages: Readonly<Record<StageName, readonly StageName[]>> = {
  canary: [],
  blue: ['canary'],
  green: ['canary'],
  file: ['canary', 'blue', 'green'],
};

/** A plugin that makes a gate of one stage answer this, as long as the stage has the plugin. */
export type Fault = { readonly says: 'fail' | 'inconclusive'; readonly at: StageName };

/** Changes of the file that all stages share. */
export type Configuration = Settings & {
  readonly fault?: Fault;
  readonly approval: readonly StageName[];
  readonly isFrozen: boolean;
  readonly onFailure: 'rollback' | 'halt';
};

/** The first configuration. */
export const goodConfiguration: Configuration = {
  do: 'configure',
  affinity: 'none',
  plugins: 1,
  isRouted: true,
  consumer: 'anna',
  approval: [],
  isFrozen: false,
  onFailure: 'rollback',
};

/** The answers of a stage's gates, whatever it runs. `slow`: its data planes apply nothing. */
export const moods = ['pass', 'fail', 'inconclusive', 'pending', 'slow'] as const;
export type Mood = (typeof moods)[number];

export type Step =
  | Extract<StagesStep, { do: 'create' | 'delete' | 'tag' | 'untag' | 'retag' }>
  | Configuration
  /** `command`: a process that ends with the step. `worker`: the watching process. */
  | ({ readonly do: 'pass'; readonly by: 'worker' | 'command'; readonly stages: readonly StageName[] } & Answers)
  /** Time passes. The worker may die meanwhile, at one of its writes. */
  | { readonly do: 'wait'; readonly seconds: number; readonly kill?: Pass['kill'] }
  | { readonly do: 'clockStep'; readonly seconds: number }
  | { readonly do: 'mood'; readonly stage: StageName; readonly says: Mood }
  | { readonly do: 'approve' | 'skip' | 'retry'; readonly stage: StageName }
  /** `to`: absent, the revision before; a number, one of the revisions that the stage ran. */
  | ({ readonly do: 'rollback'; readonly stage: StageName; readonly to?: number | 'newest' } & Answers)
  | { readonly do: 'pause' | 'resume' | 'abort' | 'restart' };

const stage = fc.constantFrom(...stageNames);

const pass: fc.Arbitrary<Step> = fc.record({
  do: fc.constant('pass' as const),
  by: mostly<'worker' | 'command'>('worker', fc.constant('command')),
  stages: mostly<readonly StageName[]>(stageNames, fc.shuffledSubarray([...stageNames], { minLength: 1 })),
  ...answers,
});

const wait: fc.Arbitrary<Step> = fc.record({
  do: fc.constant('wait' as const),
  seconds: fc.constantFrom(1, 4, 12, 12, 30),
  kill: answers.kill,
});

const rolling = fc.record({
  fault: mostly<Fault | undefined>(
    undefined,
    fc.record({ says: fc.constantFrom('fail' as const, 'inconclusive' as const), at: stage }),
    1,
  ),
  approval: mostly<readonly StageName[]>([], fc.subarray([...stageNames])),
  isFrozen: mostly(false, fc.constant(true), 4),
  onFailure: fc.constantFrom('rollback' as const, 'halt' as const),
});

const configureAll: fc.Arbitrary<Step> = fc
  .tuple(configure, rolling)
  // Unmanaged plugins are the stage's own.
  .map(([settings, more]) => ({
    ...(settings as Settings),
    plugins: Math.max(1, (settings as Settings).plugins),
    ...more,
  }));

const rollback: fc.Arbitrary<Step> = fc.record({
  do: fc.constant('rollback' as const),
  stage,
  to: fc.oneof(fc.constant(undefined), fc.constant('newest' as const), fc.nat(5)),
  ...answers,
});

const word: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constantFrom('approve' as const, 'approve' as const, 'skip' as const, 'retry' as const), stage }),
  fc.constantFrom<Step>({ do: 'pause' }, { do: 'resume' }, { do: 'resume' }, { do: 'abort' }),
);

const mood: fc.Arbitrary<Step> = fc.record({
  do: fc.constant('mood' as const),
  stage,
  says: mostly<Mood>('pass', fc.constantFrom(...moods), 1),
});

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: endpoint as fc.Arbitrary<Step> },
  { weight: 1, arbitrary: retag as fc.Arbitrary<Step> },
  { weight: 4, arbitrary: configureAll },
  { weight: 7, arbitrary: pass },
  { weight: 4, arbitrary: wait },
  { weight: 3, arbitrary: mood },
  { weight: 3, arbitrary: word },
  { weight: 1, arbitrary: rollback },
  { weight: 1, arbitrary: fc.constant<Step>({ do: 'restart' }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('clockStep' as const), seconds: fc.constantFrom(-43_200, -600, 600) }),
  },
);

export const quietPass: Step = { do: 'pass', by: 'worker', stages: stageNames, ...quietAnswers };
/** Time for a trial. */
export const bake: Step = { do: 'wait', seconds: 12 };

/**
 * A pass over each stage and time for a trial, this many times. With as many rounds as waves, a
 * change reaches all.
 */
function rounds(count: number): readonly Step[] {
  return Array.from({ length: count }, () => [quietPass, bake]).flat();
}

const several: fc.Arbitrary<readonly Step[]> = fc.oneof(
  { weight: 5, arbitrary: step.map((one) => [one]) },
  { weight: 2, arbitrary: fc.integer({ min: 1, max: 3 }).map(rounds) },
);

/**
 * Up to `maxLength` steps in any order, after a first pass over an estate, or after a complete
 * rollout.
 */
export function rolloutHistories(maxLength: number): fc.Arbitrary<readonly Step[]> {
  const first = fc.constantFrom(beginning, rolledOut);
  const then = fc.array(several, { minLength: 1, maxLength, size: 'max' });
  return fc.tuple(first, then).map(([before, steps]) => [...before, ...steps.flat()]);
}

/** An estate, and a first pass over it. */
export const beginning: readonly Step[] = [
  ...domainNames.slice(0, 3).map((domain): Step => ({ do: 'create', domain, number: 0 })),
  quietPass,
];

/** All stages run the same revision, and have proved it. */
export const rolledOut: readonly Step[] = [...beginning, bake, ...rounds(3)];
