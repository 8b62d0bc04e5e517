import { PrivatelinkError } from '#core/errors';
import type { LastGood, Snapshot } from '#core/model';
import type { Clock } from '#core/timing/clock';
import { createConfirmGone } from '#discovery/confirm-gone';
import { createDiscoverer } from '#discovery/discover';
import type { LastGoodStore } from '#discovery/snapshot/last-good';
import type { Source } from '#discovery/source';
import type { EntityControlPlane } from '#sync/control-planes/control-plane';
import { answerError } from '#sync/control-planes/kong-api/errors';
import { type Ageing, createAgeing } from '#sync/pass/absences/ageing';
import type { Written } from '#sync/pass/absences/file';
import type { PassDependencies } from '#sync/pass/plan-once';
import type { Change } from '#sync/plan/changes';
import type { Publication } from '#sync/publish/publish';
import { createGate } from '#sync/watch/gate';
import type { MemoryControlPlane } from '../support/control-planes/memory';
import { defaultPolicy } from '../support/passes';
import { viaOf } from './forms';
import type { Configuration, KonnectFault, Pass } from './history';

/** What is kept in `stateDir`. */
export type Disk = { absences: Written; lastGood: ReadonlyMap<string, LastGood> };

export function emptyDisk(): Disk {
  return { absences: { writtenAtMs: 0, absences: {} }, lastGood: new Map() };
}

/** The contact of a pass with the outside of its process. Each effect asks before and after. */
export type Fate = {
  /** Throws when the process is dead, or dies here. */
  before(): void;
  after(): void;
  isDead(): boolean;
};

/** A process that dies at the effect of `kill`, and does nothing afterwards. */
export function createFate(kill: Pass['kill']): Fate {
  let effects = 0;
  let isDead = false;
  const die = (when: 'before' | 'after') => {
    isDead ||= kill?.at === effects && kill.when === when;
    if (isDead) throw new Error('the process was killed');
  };
  return {
    before: () => die('before'),
    after: () => {
      die('after');
      effects += 1;
    },
    isDead: () => isDead,
  };
}

export type ProcessOptions = {
  readonly clock: Clock;
  readonly sources: readonly Source[];
  readonly disk: Disk;
  readonly isWorker: boolean;
  /** Default none. */
  readonly publications?: readonly Publication[];
};

/** A pass and its configuration; absent: the default. */
export type Configured = Pass & { readonly configuration?: Configuration };

export type Process = {
  /** Everything that one pass needs. */
  dependencies(plane: MemoryControlPlane, pass: Configured, fate: Fate): PassDependencies;
  readonly gate: ReturnType<typeof createGate>;
  /** The last pass's snapshot. */
  snapshot(): Snapshot | undefined;
};

/**
 * A process of the command line over a disk in memory. A worker holds changes back; a command does
 * not.
 */
export function startProcess({ clock, sources, disk, isWorker, publications = [] }: ProcessOptions): Process {
  let fate: Fate = createFate(undefined);
  let seen: Snapshot | undefined;
  const gate = createGate(clock.monotonicMs);
  const ageing = createAgeing(clock);
  const discoverer = createDiscoverer(sources, { clock, lastGoodStore: lastGoodOn(disk, () => fate) });
  return {
    gate,
    snapshot: () => seen,
    dependencies: (plane, { konnect, allowRemovals, configuration }, next) => {
      fate = next;
      seen = undefined;
      return {
        owner: 'test',
        ...settingsOf(configuration),
        policy: { ...defaultPolicy, allowRemovals },
        concurrency: 2,
        clock,
        discover: async (signal) => {
          seen = await discoverer.discover(signal);
          return seen;
        },
        settle: async (ours) => {
          seen = ours;
          await discoverer.settle(ours);
        },
        confirmGone: async (missing, signal) => {
          const confirmed = await createConfirmGone(sources)(missing, signal);
          seen = seen && { ...seen, goneIds: confirmed.goneIds };
          return confirmed;
        },
        controlPlane: withFaults(plane, konnect, fate),
        publications: publications.map((one) =>
          'write' in one.service ? { ...one, service: withFaults(one.service, konnect, fate) } : one,
        ),
        absenceStore: absencesOn(disk, fate, { clock, ageing }),
        admit: isWorker ? gate.admit : undefined,
      };
    },
  };
}

const limit = { name: 'rate-limiting', config: { minute: 60, policy: 'local' } };

function settingsOf(configuration: Partial<Configuration> = {}) {
  const { affinity = 'none', isLimited = false } = configuration;
  return { affinity, via: viaOf(configuration), settings: { sd1: { plugins: isLimited ? [limit] : [] } } };
}

type Timing = { readonly clock: Clock; readonly ageing: Ageing };

export function absencesOn(disk: Disk, fate: Fate, { clock, ageing }: Timing): PassDependencies['absenceStore'] {
  return {
    read: async () => ageing.age(disk.absences),
    write: async (absences) => {
      fate.before();
      disk.absences = { writtenAtMs: clock.now(), absences };
      ageing.keep(disk.absences);
      fate.after();
      return {};
    },
  };
}

function lastGoodOn(disk: Disk, fate: () => Fate): LastGoodStore {
  return {
    read: async () => ({
      known: new Map([...disk.lastGood].map(([id, good]) => [id, { ...good, isRestored: true }] as const)),
    }),
    write: async ({ scopes }) => {
      fate().before();
      disk.lastGood = new Map(
        scopes.flatMap((state) => {
          const good = state.status === 'known' ? state : state.lastGood;
          if (!good) return [];
          const { observedAtMs, accountId, discovered } = good;
          return [[state.scope.id, { observedAtMs, accountId, discovered }] as const];
        }),
      );
      fate().after();
      return {};
    },
  };
}

const errors = {
  rateLimit: { code: 'RATE_LIMITED', fix: undefined, retryAfterMs: 20_000 },
  error: { code: 'CONTROL_PLANE_FAILED', fix: undefined },
  reset: { code: 'UNREACHABLE', fix: undefined },
  auth: { code: 'CONTROL_PLANE_AUTH', fix: undefined },
  unreadable: { code: 'UNREACHABLE', fix: undefined },
} as const;

export function errorOf(fault: KonnectFault): PrivatelinkError | undefined {
  if (fault === 'none') return undefined;
  if (fault === 'conflict')
    return answerError({ name: 'Konnect', fixes: {} }, 'PUT simulated', {
      status: 409,
      text: 'unique constraint failed',
    });
  return new PrivatelinkError(`simulated ${fault}`, errors[fault]);
}

/** The control plane of a process that may die, with failing calls. */
export function withFaults(
  plane: EntityControlPlane,
  { fault, atWrite, times }: Pass['konnect'],
  fate: Fate,
): EntityControlPlane {
  const error = errorOf(fault);
  let writes = 0;
  return {
    ...plane,
    read: async (signal) => {
      if (error && fault === 'unreadable') throw error;
      return plane.read(signal);
    },
    write: async (change: Change, signal) => {
      fate.before();
      const isStruck = error && writes >= atWrite && writes < atWrite + times;
      writes += 1;
      if (isStruck && fault !== 'reset') throw error;
      await plane.write(change, signal);
      fate.after();
      if (isStruck) throw error;
    },
  };
}
