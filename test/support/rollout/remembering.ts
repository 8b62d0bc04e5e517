import type { HeldEntity } from '#deck/document';
import type { Revision } from '#deck/revision';
import type { PassDependencies } from '#sync/pass/plan-once';
import { type Journal, nothingRun, type StageState } from '#sync/rollout/journal';
import { type MemoryOptions, openMemory } from '#sync/rollout/memory';
import type { Revisions } from '#sync/rollout/revisions';
import { createPasses, type Passes } from '../passes';

export type Remembering = Passes & {
  /** What the passes need, with what is remembered of the stage. */
  readonly session: PassDependencies & { readonly remembered: MemoryOptions; readonly place: string };
  readonly kept: Map<string, Revision>;
  /** Each state that was written down, oldest first. */
  readonly written: StageState[];
  readonly state: () => StageState;
  readonly held: () => readonly HeldEntity[];
};

/** Passes over a control plane in memory, whose journal and revisions are in memory as well. */
export function createRemembering(over: Partial<PassDependencies> & Partial<MemoryOptions> = {}): Remembering {
  const kept = new Map<string, Revision>();
  const written: StageState[] = [];
  const state = () => written.at(-1) ?? nothingRun;
  const journal: Journal = {
    read: async () => ({ state: state(), warnings: [] }),
    write: async (next) => void written.push(next),
  };
  const revisions: Revisions = {
    read: async (id) => kept.get(id),
    list: async () => [...kept.keys()],
    keep: async (revision) => void kept.set(revision.id, revision),
    prune: async () => {},
  };
  const { affinity = 'none' } = over;
  let passes: Passes;
  const remembered: MemoryOptions = {
    journal,
    revisions,
    stateDir: '/state',
    affinity,
    base: [],
    withBase: () => ({ controlPlane: passes.plane }),
    by: { user: 'me' },
    now: () => passes.clock.now(),
    ...over,
  };
  passes = createPasses({ affinity, ...over, memory: openMemory(remembered) });
  const held = () => [...passes.plane.entities.values()];
  return { ...passes, session: { ...passes.deps, remembered, place: 'the stage' }, kept, written, state, held };
}
