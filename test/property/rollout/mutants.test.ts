import { describe } from '@jest/globals';
import type { Step } from '../../simulation/stages/history';
import { areCaught, type Module, type Mutant, pinOfProcess } from '../../support/rollout/mutants';

const stages = ['canary', 'prod', 'file'] as const;
const quiet = { scopes: [], konnect: { fault: 'none', atWrite: 0, times: 0 } } as const;
const pass: Step = { do: 'pass', stages, ...quiet };
const back: Step = { do: 'rollback', stage: 'canary', ...quiet };
const plain = { do: 'configure', affinity: 'none', plugins: 0, isRouted: true, consumer: 'anna' } as const;
const limited: Step = { ...plain, plugins: 2 };
const sd1: Step = { do: 'create', domain: 'sd1', number: 0 };
const sd2: Step = { do: 'create', domain: 'sd2', number: 0 };
const sd3: Step = { do: 'create', domain: 'sd3', number: 0 };
/** Two revisions: sd1 and sd2, then sd1 with a plugin and sd3. */
const two: readonly Step[] = [sd1, sd2, pass, limited, sd3, pass];

/**
 * Injected faults. Each must break a property of stages; otherwise the properties prove nothing.
 * docs/testing.md has the same list.
 */
const mutants: readonly Mutant<Step>[] = [
  {
    name: 'a pinned stage gets a service of the newest revision',
    module: '#deck/revision',
    mutate: ({ underRevision }) => ({
      underRevision: (revision: Module, data: readonly Module[], ...rest: unknown[]) => {
        const own = data.find((one) => one.kind === 'service' && one.key === 'sd3');
        const documents = underRevision(revision, data, ...rest);
        return own ? [...documents.filter((one: Module) => one !== own), own] : documents;
      },
    }),
    lives: [...two, back],
    caught: /service:sd3 is there although revision \w+ is without it/,
  },
  {
    name: 'a rollback deletes targets',
    module: '#deck/revision',
    mutate: ({ isConfiguration }) => ({
      isConfiguration: (one: Module) => isConfiguration(one) || one.kind === 'target',
    }),
    lives: [...two, { do: 'delete', domain: 'sd3', number: 0 }, back],
    caught: /going back deleted target sd3/,
  },
  {
    name: 'a pin rolls upstreams back',
    module: '#sync/plan/pin',
    mutate: () => ({
      isRevoked: ({ kind }: Module) => kind !== 'target',
      isTakenBack: (entity: Module, pin: Module) => pin.isFromAnother(entity),
    }),
    lives: [...two, back, { do: 'untag', domain: 'sd3', number: 0 }],
    caught: /upstream sd3.privatelink left/,
  },
  {
    name: 'data of a domain wait when the revision lacks the domain',
    module: '#deck/revision',
    mutate: ({ underRevision }) => ({
      underRevision: (revision: Module, data: readonly Module[], ...rest: unknown[]) => {
        const known = new Set(revision.entities.map((one: Module) => one.domain));
        return underRevision(
          revision,
          data.filter((one) => known.has(one.domain)),
          ...rest,
        );
      },
    }),
    lives: [...two, back, { do: 'create', domain: 'sd4', number: 0 }],
    caught: /target sd4\.privatelink\|\S+ waits/,
  },
  {
    name: 'the journal records an entity only after its creation',
    module: '#sync/rollout/memory',
    mutate: ({ openMemory }) => ({
      openMemory: (options: Module) => {
        const memory = openMemory(options);
        let begin = async () => {};
        return {
          ...memory,
          begin: async (...input: unknown[]) => {
            begin = () => memory.begin(...input);
            return [];
          },
          end: async (...input: unknown[]) => {
            await begin();
            return memory.end(...input);
          },
        };
      },
    }),
    lives: [
      ...two.slice(0, 3),
      limited,
      sd3,
      { ...pass, konnect: quiet.konnect, kill: { at: 6, when: 'after' } },
      { ...back, to: 0 },
    ],
    caught: /is there although revision \w+ is without it/,
  },
  {
    name: 'a pin is lost with its process',
    ...pinOfProcess,
    lives: [...two, back, pass, { do: 'restart' }, pass],
    caught: /is pinned to nothing instead of/,
  },
  {
    name: 'a pin ends with any change',
    module: '#deck/revision',
    mutate: () => ({ isMended: (newest: Module, { left }: Module) => newest.id !== left.id }),
    lives: [...two, back, { do: 'create', domain: 'sd4', number: 0 }],
    caught: /is pinned to nothing instead of/,
  },
  {
    name: 'a pin never ends',
    module: '#deck/revision',
    mutate: () => ({ isMended: () => false }),
    lives: [...two, back, { ...plain, plugins: 3 }],
    caught: /is pinned to \w+ instead of nothing/,
  },
  {
    name: 'the product recognises its entities by name alone',
    module: '#sync/plan/pin',
    mutate: ({ isTakenBack }) => ({
      isTakenBack: (entity: Module, pin: Module) => isTakenBack({ ...entity, id: madeIdOf(entity.key) }, pin),
    }),
    lives: [...two, { do: 'remake', stage: 'canary', domain: 'sd3' }, back],
    caught: /made by hand, was deleted/,
  },
];

/** The id that the product gives a service. */
function madeIdOf(key: string): string {
  return require('#core/uuid').uuidOf(`service:${key}`);
}

describe('the properties of stages', () => {
  areCaught(mutants, () => require('../../simulation/stages/simulate').simulateStages);
});
