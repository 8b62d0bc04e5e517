import type { ScopeState } from '#core/model';
import type { Clock } from '#core/timing/clock';
import { createAgeing } from '#sync/pass/absences/ageing';
import type { Written } from '#sync/pass/absences/file';
import type { PassDependencies } from '#sync/pass/plan-once';
import { runOnce } from '#sync/pass/run-once';
import type { PassLog } from '#sync/watch/log/pass-log';
import { snapshotOf } from './builders';
import { createMemoryControlPlane, type MemoryControlPlane } from './control-planes/memory';

export type Passes = {
  readonly plane: MemoryControlPlane;
  readonly clock: FakeClock;
  readonly deps: PassDependencies;
  /** One pass over these scopes. */
  pass(...scopes: readonly ScopeState[]): ReturnType<typeof runOnce>;
};

export const defaultPolicy = {
  mode: 'sync',
  maxRemovePercent: 30,
  removeAfterAbsences: 3,
  removeAfterSeconds: 180,
} as const;

/** A log that nobody reads. */
export const silentLog: PassLog = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/** Everything a pass needs, in memory, with a clock that only tests move. */
export function createPasses(over: Partial<PassDependencies> = {}): Passes {
  const plane = createMemoryControlPlane('test');
  const clock = createFakeClock();
  let scopes: readonly ScopeState[] = [];
  const ageing = createAgeing(clock);
  let written: Written = { writtenAtMs: clock.now(), absences: {} };
  let number = 0;
  const deps: PassDependencies = {
    owner: 'test',
    settings: {},
    policy: defaultPolicy,
    concurrency: 4,
    discover: async () => snapshotOf(...scopes),
    confirmGone: async () => ({ goneIds: [], warnings: [] }),
    controlPlane: plane,
    absenceStore: {
      read: async () => ageing.age(written),
      write: async (absences) => {
        written = { writtenAtMs: clock.now(), absences };
        ageing.keep(written);
        return {};
      },
    },
    clock,
    ...over,
  };
  const pass = (...next: readonly ScopeState[]) => {
    number += 1;
    scopes = next.map((state) => observedIn(number, state));
    return runOnce(deps, new AbortController().signal);
  };
  return { plane, clock, deps, pass };
}

/** As discovery does: a direct answer is observed at the time of its pass. */
export function observedIn(pass: number, state: ScopeState): ScopeState {
  const isDirect = state.status === 'known' && !['snapshot', 'dns'].includes(state.scope.account);
  return isDirect ? { ...state, observedAtMs: state.observedAtMs + pass } : state;
}

/** A clock that only tests move. */
export type FakeClock = Clock & {
  /** Lets time pass. */
  advance(ms: number): void;
  /** Sets the wall clock by this much, forwards or back. No time passes. */
  step(ms: number): void;
};

export function createFakeClock(startMs = 1_000): FakeClock {
  let elapsedMs = 0;
  let wallMs = startMs;
  const advance = (ms: number) => {
    elapsedMs += ms;
    wallMs += ms;
  };
  return {
    now: () => wallMs,
    monotonicMs: () => elapsedMs,
    advance,
    step: (ms) => {
      wallMs += ms;
    },
    sleep: async (ms) => advance(ms),
  };
}
