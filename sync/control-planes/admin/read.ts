import { writeOrder } from '#deck/desired';
import type { HeldEntity } from '#deck/document';
import { heldEntities } from '#deck/held';
import { isGenerated, selectTags } from '#deck/tags';
import type { Change } from '../../plan/changes';
import type { ForeignEntity } from '../../plan/foreign-entities';
import { foreignEntities } from '../kong-api/entities';
import { type ListOptions, type ListPath, readLists } from '../kong-api/lists';
import { clashPaths, listPaths, targetsPath } from '../kong-api/paths';

type ReadOptions = Omit<ListOptions, 'tags'> & { readonly owner: string };

/**
 * Reads all entities of the owner. Kong lists targets only below their upstream. Throws
 * PrivatelinkError.
 */
export async function readHeld(
  { owner, ...options }: ReadOptions,
  signal: AbortSignal,
): Promise<readonly HeldEntity[]> {
  const tags = selectTags(owner);
  const flat = writeOrder.filter((kind) => kind !== 'target').map((kind) => ({ kind, path: listPaths[kind] }));
  const lists = await readLists(flat, { ...options, tags }, signal);
  const upstreams = (lists.get('upstream') ?? []).filter((one) => tags.every((tag) => one.tags?.includes(tag)));
  const below = upstreams.map(({ id }): ListPath => ({ kind: 'target', path: targetsPath(id) }));
  // Kong does not document how a filter applies to the list below an upstream.
  const targets = await readLists(below, { ...options, tags: [] }, signal);
  const held = heldEntities(new Map([...lists, ...targets]));
  return held.filter((entity) => isGenerated(entity.tags, tags));
}

/** Returns the creates whose name is taken. Throws PrivatelinkError. */
export async function readTaken(
  creates: readonly Change[],
  { owner, ...options }: ReadOptions,
  signal: AbortSignal,
): Promise<readonly ForeignEntity[]> {
  const lists = await readLists(clashPaths(creates, Number.POSITIVE_INFINITY), { ...options, tags: [] }, signal);
  return foreignEntities(lists, creates, selectTags(owner));
}
