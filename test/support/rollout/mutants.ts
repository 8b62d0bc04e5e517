import { afterEach, expect, it, jest } from '@jest/globals';

// biome-ignore lint/suspicious/noExplicitAny: a mutant has the types of the function it replaces.
export type Module = Readonly<Record<string, any>>;

/** A fault put into one module of the product. */
export type Mutant<Step> = {
  readonly name: string;
  readonly module: string;
  /** The module's functions, of which the mutant changes one or two. */
  readonly mutate: (real: Module) => Module;
  readonly lives: readonly Step[];
  /** The property that catches it. */
  readonly caught: RegExp;
};

/** A pin that the journal holds is lost when its process ends. */
export const pinOfProcess: Pick<Mutant<never>, 'module' | 'mutate'> = {
  module: '#sync/rollout/memory',
  mutate: ({ openMemory }) => ({
    openMemory: ({ journal, ...options }: Module) => {
      let isStarted = false;
      const read = async () => {
        const { state, warnings } = await journal.read();
        const pin = isStarted ? state.pin : undefined;
        const endedPins = isStarted ? state.endedPins : [state.pin?.revision];
        isStarted = true;
        return { state: { ...state, pin, endedPins }, warnings };
      };
      return openMemory({ ...options, journal: { ...journal, read } });
    },
  }),
};

/**
 * Each mutant must break a property in its history, which breaks none without it. `load` loads the
 * tested code again.
 */
export function areCaught<Step>(
  mutants: readonly Mutant<Step>[],
  load: () => (history: readonly Step[]) => Promise<void>,
): void {
  afterEach(() => {
    jest.resetModules();
  });

  it.each(mutants)('catch: $name', async ({ module, mutate, lives, caught }) => {
    let simulate: (history: readonly Step[]) => Promise<void> = async () => {};
    jest.isolateModules(() => {
      const real = jest.requireActual<Module>(module);
      jest.doMock(module, () => ({ ...real, ...mutate(real) }));
      simulate = load();
      jest.dontMock(module);
    });

    await expect(simulate(lives)).rejects.toThrow(caught);
  });

  it('hold in the same histories without a fault', async () => {
    const simulate = load();

    for (const { lives } of mutants) await expect(simulate(lives)).resolves.toBeUndefined();
  });
}
