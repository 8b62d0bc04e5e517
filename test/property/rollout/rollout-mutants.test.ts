import { describe } from '@jest/globals';
import {
  bake,
  quietPass as pass,
  goodConfiguration as plain,
  rolledOut,
  type Step,
} from '../../simulation/rollouts/history';
import { areCaught, type Module, type Mutant, pinOfProcess } from '../../support/rollout/mutants';

const quiet = { scopes: [], konnect: { fault: 'none', atWrite: 0, times: 0 } } as const;
const all = ['canary', 'blue', 'green', 'file'] as const;
const limited: Step = { ...plain, plugins: 2 };
const stricter: Step = { ...plain, plugins: 3 };
const halting: Step = { ...plain, plugins: 2, onFailure: 'halt' };
const restart: Step = { do: 'restart' };
const mood = (stage: (typeof all)[number], says: 'pass' | 'fail' | 'inconclusive'): Step => ({
  do: 'mood',
  stage,
  says,
});

/**
 * Injected faults. Each must break a property of rollouts; otherwise the properties prove nothing.
 * docs/testing.md has the same list.
 */
const mutants: readonly Mutant<Step>[] = [
  {
    name: 'an inconclusive gate is taken as a pass',
    module: '#sync/rollout/advance/judge',
    mutate: ({ createJudge }) => ({
      createJudge: (options: Module) => {
        const judge = createJudge(options);
        const kindOf = ({ kind }: Module) => (kind === 'inconclusive' ? 'pass' : kind);
        return {
          ...judge,
          take: (gate: string, sample: Module) => judge.take(gate, { ...sample, kind: kindOf(sample) }),
        };
      },
    }),
    lives: [...rolledOut, limited, mood('canary', 'inconclusive'), pass, bake],
    caught: /canary: passes a trial after its gates were fine for 1000 ms/,
  },
  {
    name: 'a bake ends with its first sample',
    module: '#sync/rollout/advance/judge',
    mutate: ({ createJudge }) => ({ createJudge: (options: Module) => createJudge({ ...options, bakeMs: 1_000 }) }),
    lives: [...rolledOut, limited, pass, bake],
    caught: /canary: passes a trial after its gates were fine for \d+ ms/,
  },
  {
    name: 'only the first stage of a wave has to pass',
    module: '#sync/rollout/advance/waves',
    mutate: ({ earlierThan }) => ({
      earlierThan: (stage: string, turns: Module) =>
        earlierThan(stage, { ...turns, order: turns.order.map((wave: string | string[]) => [wave].flat()[0]) }).filter(
          (one: string) => one !== 'green' && one !== stage,
        ),
    }),
    lives: [...rolledOut, limited, pass, bake, mood('green', 'inconclusive'), pass, bake, pass],
    caught: /file: gets sd1 before green passed it/,
  },
  {
    name: 'a verdict other than pass is lost with its process',
    module: '#sync/rollout/advance/decide',
    mutate: ({ decide }) => ({
      decide: (session: Module, ...rest: unknown[]) => {
        const { journal } = session.remembered;
        const isPass = ({ verdict }: Module) => verdict?.kind === 'pass';
        const forget = (trial: Module) => (isPass(trial) ? trial : { ...trial, verdict: undefined });
        const write = (state: Module) => journal.write({ ...state, trial: forget(state.trial) });
        return decide({ ...session, remembered: { ...session.remembered, journal: { ...journal, write } } }, ...rest);
      },
    }),
    lives: [
      ...rolledOut,
      halting,
      mood('canary', 'fail'),
      pass,
      bake,
      restart,
      mood('canary', 'pass'),
      pass,
      bake,
      pass,
    ],
    caught: /canary: passes although it halted/,
  },
  {
    name: 'the pin of a rolled back stage is lost with its process',
    ...pinOfProcess,
    lives: [...rolledOut, limited, mood('canary', 'fail'), pass, bake, restart, pass],
    caught: /canary: gets again what it went back from/,
  },
  {
    name: 'a waiting stage gets no new addresses',
    module: '#sync/plan/pin',
    mutate: ({ desiredUnder }) => ({
      desiredUnder: (pin: Module, input: Module) => {
        const held = new Set(input.held.map(({ kind, key }: Module) => `${kind}:${key}`));
        const isKnown = ({ kind, key }: Module) => kind !== 'target' || held.has(`${kind}:${key}`);
        const { desired, ...rest } = desiredUnder(pin, input);
        return { ...rest, desired: desired.filter((one: Module) => !pin.isHold || isKnown(one)) };
      },
    }),
    lives: rolledOut,
    caught: /blue: target sd\S+ waits/,
  },
  {
    name: 'the verdict of a trial is used for the next revision',
    module: '#sync/rollout/advance/trial',
    mutate: ({ onTrial }) => ({
      onTrial: async (state: Module, begun: unknown) => {
        const next = await onTrial(state, begun);
        return { ...next, trial: next.trial && { ...next.trial, verdict: state.trial?.verdict } };
      },
    }),
    lives: [...rolledOut, limited, pass],
    caught: /blue: gets sd1 before canary passed it/,
  },
  {
    name: 'one skip lets every revision through',
    module: '#sync/rollout/advance/proof',
    mutate: ({ whyUnproved }) => ({
      whyUnproved: (earlier: Module, candidate: unknown) =>
        earlier.state.skipped?.length > 0 ? undefined : whyUnproved(earlier, candidate),
    }),
    lives: [
      ...rolledOut,
      limited,
      pass,
      { do: 'skip', stage: 'canary' },
      pass,
      stricter,
      // A pass over the canary would end the verdict about it.
      { do: 'pass', by: 'worker', stages: ['blue'], ...quiet },
    ],
    caught: /blue: gets sd1 before canary passed it/,
  },
  {
    name: 'a half-written revision is taken as complete',
    module: '#sync/rollout/memory',
    mutate: ({ openMemory }) => ({
      openMemory: (options: unknown) => {
        const memory = openMemory(options);
        const asApplied = (change: unknown) => ({ change, outcome: 'applied' });
        return { ...memory, end: (planned: Module) => memory.end(planned, planned.plan.changes.map(asApplied)) };
      },
    }),
    lives: [
      ...rolledOut,
      limited,
      { do: 'pass', by: 'worker', stages: ['canary'], ...quiet, konnect: { fault: 'error', atWrite: 0, times: 1 } },
      bake,
      { do: 'pass', by: 'worker', stages: ['blue'], ...quiet },
    ],
    caught: /blue: gets sd1 before canary passed it/,
  },
  {
    name: 'no rollout needs an approval',
    module: '#sync/rollout/advance/proof',
    mutate: ({ whyUnproved }) => ({
      whyUnproved: (earlier: Module, candidate: unknown) =>
        whyUnproved({ ...earlier, needsApproval: false }, candidate),
    }),
    lives: [...rolledOut, { ...plain, plugins: 2, approval: ['canary'] }, pass, bake, pass],
    caught: /blue: begins before canary is approved/,
  },
  {
    name: 'a freeze is ignored',
    module: '#sync/rollout/gates/freeze',
    mutate: () => ({ frozenUntil: () => undefined }),
    lives: [...rolledOut, { ...plain, plugins: 2, isFrozen: true }, pass],
    caught: /canary: begins although rollouts are frozen/,
  },
];

describe('the properties of rollouts', () => {
  areCaught(mutants, () => require('../../simulation/rollouts/simulate').simulateRollouts);
});
