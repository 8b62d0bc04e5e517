import fc from 'fast-check';
import { type KonnectFault, konnectFaults, type Pass } from '../history';
import { type Via, viaOf } from './via';

export const stageNames = ['canary', 'prod', 'file'] as const;
export type StageName = (typeof stageNames)[number];

/**
 * Somebody else owns the service of `sd4`. The first two are found in one scope, the others in
 * another.
 */
export const domainNames = ['sd1', 'sd2', 'sd3', 'sd4'] as const;
export type DomainName = (typeof domainNames)[number];

/** `unknown` keeps the last answer. `blank` does not, as after a start in an empty folder. */
const scopeFaults = ['none', 'unknown', 'blank'] as const;
export type ScopeFault = (typeof scopeFaults)[number];

/** The claims of a domain's tags beside its name. */
export type Profile = { readonly path?: string; readonly protocol: 'http' | 'https'; readonly host?: string };

/** Changes of the file that all stages share. */
export type Configuration = {
  readonly do: 'configure';
  readonly affinity: 'none' | 'weighted' | 'failover';
  /** The number of `sd1`'s list of plugins; 0: plugins are not managed. */
  readonly plugins: number;
  readonly isRouted: boolean;
  readonly healthPath?: string;
  /** The consumer in the base file. */
  readonly consumer: string;
  /** Absent: all domains are via addresses. */
  readonly via?: Via;
};

/** The world's answers during a step on a stage. */
export type Answers = Pick<Pass, 'konnect' | 'kill'> & { readonly scopes: readonly ScopeFault[] };

export type Step =
  | { readonly do: 'create' | 'delete' | 'tag' | 'untag'; readonly domain: DomainName; readonly number: number }
  | { readonly do: 'retag'; readonly domain: DomainName; readonly profile: Profile }
  | Configuration
  | ({ readonly do: 'pass'; readonly stages: readonly StageName[] } & Answers)
  /** `to`: absent, the revision before; a number, one of the revisions that the stage ran. */
  | ({ readonly do: 'rollback'; readonly stage: StageName; readonly to?: number | 'newest' } & Answers)
  | { readonly do: 'retire'; readonly stage: StageName; readonly domain: DomainName }
  /**
   * Somebody deletes the generated entities of a domain, and makes a service of that name by hand,
   * with the product's tags.
   */
  | { readonly do: 'remake'; readonly stage: StageName; readonly domain: DomainName }
  | { readonly do: 'wait'; readonly seconds: number }
  | { readonly do: 'restart' | 'loseState' };

export const quietAnswers: Answers = { scopes: [], konnect: { fault: 'none', atWrite: 0, times: 0 } };

const domain = fc.constantFrom(...domainNames);
const stage = fc.constantFrom(...stageNames);

export function mostly<T>(usual: T, others: fc.Arbitrary<T>, weight = 3): fc.Arbitrary<T> {
  return fc.oneof({ weight, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: others });
}

export const answers = {
  scopes: fc.array(mostly<ScopeFault>('none', fc.constantFrom(...scopeFaults)), { maxLength: 2 }),
  konnect: fc.record({
    fault: mostly<KonnectFault>('none', fc.constantFrom(...konnectFaults), 2),
    atWrite: fc.nat(8),
    times: fc.constantFrom(1, 1, 100),
  }),
  kill: fc.option(fc.record({ at: fc.nat(12), when: fc.constantFrom('before' as const, 'after' as const) }), {
    nil: undefined,
    freq: 3,
  }),
};

const pass: fc.Arbitrary<Step> = fc.record({
  do: fc.constant('pass' as const),
  stages: mostly<readonly StageName[]>(stageNames, fc.subarray([...stageNames], { minLength: 1 })),
  ...answers,
});

const rollback: fc.Arbitrary<Step> = fc.record({
  do: fc.constant('rollback' as const),
  stage,
  to: fc.oneof(fc.constant(undefined), fc.constant('newest' as const), fc.nat(5)),
  ...answers,
});

export const endpoint: fc.Arbitrary<Step> = fc.record({
  do: fc.constantFrom('create' as const, 'create' as const, 'delete' as const, 'tag' as const, 'untag' as const),
  domain,
  number: fc.nat(3),
});

export const retag: fc.Arbitrary<Step> = domain.chain((name) =>
  fc.record({
    do: fc.constant('retag' as const),
    domain: fc.constant(name),
    profile: fc.record(
      {
        path: fc.constant(`/of/${name}`),
        protocol: fc.constantFrom('http' as const, 'https' as const),
        host: fc.constantFrom('a.example', 'b.example'),
      },
      { requiredKeys: ['protocol'] },
    ),
  }),
);

export const configure: fc.Arbitrary<Step> = fc.record(
  {
    do: fc.constant('configure' as const),
    affinity: mostly<Configuration['affinity']>('none', fc.constantFrom('weighted', 'failover'), 2),
    plugins: fc.nat(3),
    isRouted: mostly(true, fc.constant(false)),
    healthPath: fc.constantFrom('/health', '/ready'),
    consumer: fc.constantFrom('anna', 'bela'),
    via: viaOf(domainNames),
  },
  { requiredKeys: ['do', 'affinity', 'plugins', 'isRouted', 'consumer'] },
);

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: endpoint },
  { weight: 2, arbitrary: retag },
  { weight: 4, arbitrary: configure },
  { weight: 10, arbitrary: pass },
  { weight: 4, arbitrary: rollback },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constantFrom('retire' as const, 'remake' as const), stage, domain }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('wait' as const), seconds: fc.constantFrom(10, 60, 200) }),
  },
  { weight: 1, arbitrary: fc.constantFrom<Step>({ do: 'restart' }, { do: 'restart' }, { do: 'loseState' }) },
);

/** Up to `maxLength` steps in any order, after a first pass over an estate. */
export function stageHistories(maxLength: number): fc.Arbitrary<readonly Step[]> {
  return fc.array(step, { minLength: 1, maxLength, size: 'max' }).map((steps) => [...beginning, ...steps]);
}

export const beginning: readonly Step[] = [
  { do: 'create', domain: 'sd1', number: 0 },
  { do: 'create', domain: 'sd2', number: 0 },
  { do: 'create', domain: 'sd3', number: 0 },
  { do: 'pass', stages: stageNames, ...quietAnswers },
];
