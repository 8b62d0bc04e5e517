import { writeOrder } from '#deck/desired';
import type { HeldEntity } from '#deck/document';
import { heldEntities } from '#deck/held';
import { type EntityApi, type ListPath, readLists } from './lists';
import { listPaths, targetsPath } from './paths';

type ReadAllOptions = {
  readonly concurrency: number;
  /** Kong's own Admin API lists targets below their upstream only. */
  readonly hasTargetList: boolean;
};

/** All entities of a control plane, of all people, by lists without a filter. Throws PrivatelinkError. */
export async function readEverything(
  api: EntityApi,
  { concurrency, hasTargetList }: ReadAllOptions,
  signal: AbortSignal,
): Promise<readonly HeldEntity[]> {
  const options = { ...api, concurrency, tags: [] };
  const flat = writeOrder.filter((kind) => hasTargetList || kind !== 'target');
  const lists = await readLists(
    flat.map((kind) => ({ kind, path: listPaths[kind] })),
    options,
    signal,
  );
  if (hasTargetList) return heldEntities(lists);
  const below = (lists.get('upstream') ?? []).map(({ id }): ListPath => ({ kind: 'target', path: targetsPath(id) }));
  return heldEntities(new Map([...lists, ...(await readLists(below, options, signal))]));
}
