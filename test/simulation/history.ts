import fc from 'fast-check';
import type { Via } from '#core/model';

/**
 * How AWS answers for one scope in one pass. `empty` and `lag` are wrong answers that look right.
 * `stranger` answers to the credentials of another account, where the process's own credentials
 * read.
 */
export const awsFaults = [
  'none',
  'throttle',
  'error',
  'partial',
  'auth',
  'empty',
  'lag',
  'noAnswerById',
  'omit',
  'stranger',
] as const;
export type AwsFault = (typeof awsFaults)[number];

/**
 * How Konnect answers the failing call. `reset` breaks the connection after the write was accepted.
 */
export const konnectFaults = ['none', 'rateLimit', 'error', 'conflict', 'reset', 'auth', 'unreadable'] as const;
export type KonnectFault = (typeof konnectFaults)[number];

/** One event. A number names an endpoint, modulo their count. */
export type Step =
  | {
      readonly do: 'create';
      readonly scope: number;
      readonly domain: string;
      readonly zones: number;
      readonly accepted: boolean;
      /** Its addresses equal those of every other sharing endpoint, as behind one load balancer. */
      readonly shared?: boolean;
    }
  | { readonly do: 'accept' | 'reject' | 'delete' | 'recreate'; readonly endpoint: number }
  | { readonly do: 'setState'; readonly endpoint: number; readonly state: string }
  | { readonly do: 'retag'; readonly endpoint: number; readonly tags: Readonly<Record<string, string>> }
  | { readonly do: 'wait'; readonly seconds: number }
  /** The clock of the machine is set. All processes run on it, and no time passes. */
  | { readonly do: 'clockStep'; readonly seconds: number }
  /**
   * From here on a lagging scope answers as of now, and so does the snapshot of another gateway.
   */
  | { readonly do: 'remember' }
  | Configuration
  /** Somebody retires a domain. The command is refused while an endpoint claims the domain. */
  | { readonly do: 'retire'; readonly domain: string }
  /** The long-running worker ends, and starts again with its disk. */
  | { readonly do: 'restart' }
  | Pass;

/** Changes of the file that all processes read. */
export type Configuration = {
  readonly do: 'configure';
  readonly affinity: 'none' | 'weighted';
  /** Whether `sd1` has a plugin. */
  readonly isLimited: boolean;
  /** How addresses reach Kong; absent: each as a target. */
  readonly via?: Via;
};

export type Pass = {
  readonly do: 'pass';
  /** `command`: a new process in an empty directory. */
  readonly by: 'worker' | 'command';
  /** By scope; scopes without an entry answer. */
  readonly aws: readonly AwsFault[];
  readonly konnect: { readonly fault: KonnectFault; readonly atWrite: number; readonly times: number };
  /** The removals that people allow explicitly, as the brake asks. */
  readonly allowRemovals?: number;
  /** The process dies at this effect (a file or an entity written), counted from 0. */
  readonly kill?: { readonly at: number; readonly when: 'before' | 'after' };
};

/** `sd4` is the name of somebody else's service. */
export const domains = ['sd1', 'sd2', 'sd3', 'sd4'] as const;

const endpoint = fc.nat(11);
const states = ['available', 'pending', 'partial', 'failed', 'expired', 'rejected', 'tomorrow'];
const domain = fc.constantFrom(...domains);

const tags: fc.Arbitrary<Readonly<Record<string, string>>> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ 'kong:domain': domain, 'kong:weight': fc.constantFrom('1', '50', '100') }) },
  { weight: 1, arbitrary: domain.map((name) => ({ 'kong:domain': name, 'kong:port': 'none' })) },
  { weight: 1, arbitrary: fc.constant({}) },
);

const pass: fc.Arbitrary<Pass> = fc.record(
  {
    do: fc.constant('pass' as const),
    by: fc.constantFrom('worker' as const, 'worker' as const, 'command' as const),
    aws: fc.array(
      fc.oneof(
        { weight: 3, arbitrary: fc.constant('none' as const) },
        { weight: 2, arbitrary: fc.constantFrom(...awsFaults) },
      ),
      { maxLength: 3 },
    ),
    konnect: fc.record({
      fault: fc.oneof(
        { weight: 2, arbitrary: fc.constant('none' as const) },
        { weight: 1, arbitrary: fc.constantFrom(...konnectFaults) },
      ),
      atWrite: fc.nat(8),
      times: fc.constantFrom(1, 1, 100),
    }),
    allowRemovals: fc.constantFrom(1, 4),
    kill: fc.record({ at: fc.nat(12), when: fc.constantFrom('before' as const, 'after' as const) }),
  },
  { requiredKeys: ['do', 'by', 'aws', 'konnect'] },
);

const create: fc.Arbitrary<Step> = fc.record({
  do: fc.constant('create' as const),
  scope: fc.nat(2),
  domain,
  zones: fc.integer({ min: 1, max: 3 }),
  accepted: fc.boolean(),
  shared: fc.oneof({ weight: 3, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
});

const change: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    do: fc.constantFrom('accept' as const, 'reject' as const, 'delete' as const, 'recreate' as const),
    endpoint,
  }),
  fc.record({ do: fc.constant('setState' as const), endpoint, state: fc.constantFrom(...states) }),
  fc.record({ do: fc.constant('retag' as const), endpoint, tags }),
);

const configure: fc.Arbitrary<Step> = fc.record({
  do: fc.constant('configure' as const),
  affinity: fc.constantFrom('none' as const, 'weighted' as const),
  isLimited: fc.boolean(),
  via: fc.constantFrom<Via>('addresses', 'resolver'),
});

const retire: fc.Arbitrary<Step> = fc.record({ do: fc.constant('retire' as const), domain });

const clockStep: fc.Arbitrary<Step> = fc.record({
  do: fc.constant('clockStep' as const),
  seconds: fc.constantFrom(-43_200, -21_600, -600, 600, 21_600, 43_200),
});

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: create },
  { weight: 4, arbitrary: change },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('wait' as const), seconds: fc.constantFrom(1, 10, 60, 200) }) },
  { weight: 1, arbitrary: fc.constantFrom<Step>({ do: 'remember' }, { do: 'restart' }) },
  { weight: 1, arbitrary: clockStep },
  { weight: 1, arbitrary: fc.oneof({ weight: 2, arbitrary: configure }, { weight: 1, arbitrary: retire }) },
  { weight: 10, arbitrary: pass },
);

/** Up to `maxLength` steps in any order. */
export function histories(maxLength: number): fc.Arbitrary<readonly Step[]> {
  return fc.array(step, { minLength: 1, maxLength, size: 'max' });
}
