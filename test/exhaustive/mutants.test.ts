import { afterEach, describe, expect, it, jest } from '@jest/globals';
import type { EstateName } from './world';

/**
 * The faults that this check exists for, put back one by one. Each must break a rule; otherwise the
 * check proves nothing. docs/testing.md has the same list.
 */
type Mutant = {
  readonly name: string;
  readonly estate: EstateName;
  readonly module: string;
  /** The module's functions, one or two of them changed. */
  readonly mutate: (real: Module) => Module;
  /** The rule that catches it. */
  readonly caught: RegExp;
};

// biome-ignore lint/suspicious/noExplicitAny: a mutant has the types of the function it replaces.
type Module = Readonly<Record<string, any>>;

const mutants: readonly Mutant[] = [
  {
    name: 'fm-01 an unlisted endpoint is judged as gone',
    estate: 'direct',
    module: '#core/claims/verdicts',
    mutate: ({ judgeEndpoints }) => ({
      judgeEndpoints: (...input: unknown[]) => {
        const judge = judgeEndpoints(...input);
        return (id: string) => (judge(id).is === 'absent' ? { ...judge(id), is: 'gone' } : judge(id));
      },
    }),
    caught: /uncertain target .* left/,
  },
  {
    name: 'fm-04 an empty answer is doubted for ever',
    estate: 'direct',
    module: '#discovery/hold-empty',
    mutate: ({ judgeFullness }) => ({
      judgeFullness: (before: unknown, listed: { readonly isEmpty: boolean }) => ({
        ...judgeFullness(before, listed),
        isDoubted: listed.isEmpty,
      }),
    }),
    caught: /settled at/,
  },
  {
    name: 'fm-07 a process relies on scopes that an earlier process read',
    estate: 'direct',
    module: '#core/snapshot',
    mutate: () => ({ hasAnswered: () => true }),
    caught: /left before all was read/,
  },
  {
    name: 'fm-35 an address is judged as gone when another endpoint has it',
    estate: 'direct',
    module: '#sync/plan/removals/verdicts',
    mutate: ({ collectEvidence }) => ({
      collectEvidence: (snapshot: Module, ...rest: unknown[]) => {
        const known = snapshot.scopes.filter((one: Module) => one.status === 'known');
        const endpoints: readonly Module[] = known.flatMap((one: Module) => one.discovered.endpoints);
        const evidence = collectEvidence(snapshot, ...rest);
        return (target: { readonly key: string; readonly tags: readonly string[] }) => {
          const isHolder = (one: Module) =>
            one.state === 'available' && target.key.endsWith(`|${one.addresses[0].ip}:80`);
          const holder = endpoints.find(isHolder);
          return holder && !target.tags.includes(holder.id) ? { is: 'gone', reason: 'taken over' } : evidence(target);
        };
      },
    }),
    caught: /uncertain target .* left/,
  },
  {
    name: 'fm-37 the account of the credentials is not checked',
    estate: 'direct',
    module: '#sync/plan/accounts',
    mutate: () => ({ doubtAccounts: (snapshot: unknown) => snapshot }),
    caught: /uncertain target .* left|came, and may not/,
  },
  {
    name: 'fm-38 old observations are used like new ones',
    estate: 'relayed',
    module: '#core/claims/statements',
    mutate: ({ statementsOf }) => ({
      newestOf: (statements: unknown) => statements,
      statementsOf: ({ scopes, ...rest }: Module) => statementsOf({ ...rest, scopes: scopes.map(undated) }),
    }),
    caught: /uncertain target .* left/,
  },
  {
    name: 'fm-39 one observation is counted again in every pass',
    estate: 'relayed',
    module: '#sync/plan/removals/absences',
    mutate: ({ countAbsences }) => ({
      countAbsences: (before: unknown, judged: readonly Module[], ...rest: unknown[]) => {
        const undated = judged.map((one) => ({ ...one, verdict: { ...one.verdict, observedAtMs: undefined } }));
        return countAbsences(before, undated, ...rest);
      },
    }),
    caught: /uncertain target .* left/,
  },
  {
    name: 'fm-43 the brake withholds the whole plan',
    estate: 'braked',
    module: '#sync/plan/removals/brake',
    mutate: ({ brake }) => ({
      brake: (...input: unknown[]) => {
        const braked = brake(...input);
        return braked.withheld ? { ...braked, changes: [] } : braked;
      },
    }),
    caught: /is available and does not serve/,
  },
  {
    name: 'fm-43 a domain keeps all its targets when all are absent',
    estate: 'direct',
    module: '#sync/plan/removals/policy',
    mutate: ({ judgeRemovals }) => ({
      judgeRemovals: (input: unknown) => {
        const { remove, keep } = judgeRemovals(input);
        const isLast = keep.some((one: Module) => one.verdict.reason.endsWith('last target, absent'));
        return isLast ? { remove: [], keep: [...keep, ...remove] } : { remove, keep };
      },
    }),
    caught: /settled at/,
  },
  {
    name: 'fm-75 a domain switches to its addresses while one of its scopes is unknown',
    estate: 'switched',
    module: '#sync/plan/via',
    mutate: ({ decideForms }) => ({
      decideForms: (input: Module) => decideForms({ ...input, held: [] }),
    }),
    caught: /uncertain target .* left/,
  },
  {
    name: 'fm-77 a scope is asked for an endpoint of another scope',
    estate: 'switched',
    module: '#deck/tags',
    mutate: ({ originsOf }) => ({
      eachOriginOf: (tags: unknown) => {
        const { scopeIds, endpointIds } = originsOf(tags);
        const isOfTest = (id: string) => id !== 'vpce-e2';
        return endpointIds.map((endpointId: string) => ({
          endpointId,
          scopeIds: scopeIds.length > 1 ? [scopeIds[isOfTest(endpointId) ? 1 : 0]] : scopeIds,
        }));
      },
    }),
    caught: /uncertain target .* left|settled at/,
  },
  {
    name: 'fm-77 a name is removed when one of its endpoints ends',
    estate: 'switched',
    module: '#sync/plan/removals/names',
    mutate: ({ judgeTargets }) => ({
      judgeTargets: (unwanted: readonly Module[], input: unknown) => {
        const judged = judgeTargets(unwanted, input);
        const isName = (one: Module) => one.kind === 'target' && one.key.includes('|_http._tcp.');
        const names = unwanted.filter((one) => isName(one) && one.tags.length > judged.staying[0]?.tags.length);
        const remove = [...judged.remove, ...names.map((entity) => ({ entity, reason: 'gone', isConfirmed: true }))];
        return { ...judged, remove, staying: names.length > 0 ? [] : judged.staying };
      },
    }),
    caught: /uncertain target .* left|lost its last target/,
  },
];

/** A scope's answer, as if the scope had observed all of it itself. */
function undated(state: Module): Module {
  if (state.status !== 'known') return state;
  const endpoints = state.discovered.endpoints.map((one: Module) => ({ ...one, observed: undefined }));
  return { ...state, discovered: { ...state.discovered, endpoints } };
}

function exploreAll(name: EstateName): void {
  const { explore, oneChange } = require('./explore');
  const estate = require('./world').estateOf(name, 'short');
  explore(estate, { depth: 3, passesAfter: oneChange(estate) });
}

describe('the exhaustive check', () => {
  afterEach(() => {
    jest.resetModules();
    jest.dontMock('#sync/plan/removals/policy');
  });

  it.each(mutants)('catches: $name', ({ estate, module, mutate, caught }) => {
    jest.isolateModules(() => {
      const real = jest.requireActual<Module>(module);
      jest.doMock(module, () => ({ ...real, ...mutate(real) }));
      try {
        expect(() => exploreAll(estate)).toThrow(caught);
      } finally {
        jest.dontMock(module);
      }
    });
  });
});
