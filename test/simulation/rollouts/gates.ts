import type { Clock } from '#core/timing/clock';
import type { HeldEntity } from '#deck/document';
import type { Sample, StageGate } from '#sync/rollout/gates/gate';
import type { Fault, Mood, StageName } from './history';

/** A data plane applies a write within this time. */
const takesUpMs = 2_000;
const everyMs = 1_000;

export type Gated = {
  readonly name: StageName;
  readonly held: () => readonly HeldEntity[];
  readonly mood: () => Mood;
  readonly clock: Clock;
  /** Called when a gate failed. */
  readonly onFail: () => void;
};

/** The plugin that makes a stage faulty as long as it is there. */
export function faultyPlugin({ says, at }: Fault) {
  return { name: 'request-termination', config: { status_code: 503, message: `${says} at ${at}` } };
}

/** The current result of requests through a stage's data planes. */
export function saidOf({ name, held, mood }: Pick<Gated, 'name' | 'held' | 'mood'>): Sample['kind'] {
  const texts = held().map((one) => (one.kind === 'plugin' ? JSON.stringify(one.fields.config) : ''));
  const is = (says: Fault['says']) => mood() === says || texts.some((text) => text.includes(`${says} at ${name}`));
  if (is('fail')) return 'fail';
  if (is('inconclusive')) return 'inconclusive';
  return mood() === 'pending' || mood() === 'slow' ? 'pending' : 'pass';
}

/** Gates whose answer depends on the control plane's content and on the mood of the stage. */
export function createGates(gated: Gated): readonly StageGate[] {
  const { mood, clock, onFail } = gated;
  return [
    {
      name: 'dataPlanes',
      isOfSettling: true,
      open: ({ settleMs }) => {
        const openedMs = clock.monotonicMs();
        const sample = async (): Promise<Sample> => {
          const elapsedMs = clock.monotonicMs() - openedMs;
          const neededMs = mood() === 'slow' ? settleMs : takesUpMs;
          if (elapsedMs < neededMs) return { kind: 'pending', said: 'one is behind' };
          return { kind: mood() === 'slow' ? 'inconclusive' : 'pass', said: 'one of one' };
        };
        return { sample, everyMs };
      },
    },
    {
      name: 'requests',
      open: () => ({
        everyMs,
        sample: async () => {
          const kind = mood() === 'slow' ? 'pass' : saidOf(gated);
          if (kind === 'fail') onFail();
          return { kind, said: `says ${kind}` };
        },
      }),
    },
  ];
}
