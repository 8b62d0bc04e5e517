import { PrivatelinkError } from '#core/errors';
import type { Kind } from '#deck/document';
import type { Change } from '../../plan/changes';

/** Lists of all entities of a kind. */
export const listPaths: Readonly<Record<Kind, string>> = {
  upstream: 'upstreams',
  target: 'targets',
  service: 'services',
  route: 'routes',
  plugin: 'plugins',
};

/**
 * Up to this number of upstreams their own lists are read. Above it, the list of all targets takes
 * fewer calls.
 */
const mostUpstreamLists = 4;

/** Ids that need no encoding, which nearly all are: UUIDs. Each of ten thousand calls asks. */
const isSegment = /^[\w.~-]+$/;

/** Encodes one segment of a path, whatever the id or a foreign name contains (fm-54). */
export function segmentOf(id: string): string {
  return isSegment.test(id) ? id : encodeURIComponent(id);
}

/** The list of an upstream's targets. */
export function targetsPath(upstreamId: string): string {
  return `upstreams/${segmentOf(upstreamId)}/targets`;
}

/** Returns the path of a change's entity. */
export function entityPath({ kind, key, id, parentId }: Change): string {
  if (kind !== 'target') return `${listPaths[kind]}/${segmentOf(id)}`;
  if (parentId !== undefined) return `${targetsPath(parentId)}/${segmentOf(id)}`;
  const reason = `target ${key} cannot be written: it carries this owner's tags below an upstream of somebody else`;
  throw new PrivatelinkError(reason, { code: 'REJECTED', fix: 'remove the tags, or delete the target by hand' });
}

/**
 * Returns the lists in which names of `creates` could be taken. An entity below a new parent cannot
 * meet another. `mostLists` is the most lists of single upstreams; Infinity when there is no list
 * of all targets.
 */
export function clashPaths(
  creates: readonly Change[],
  mostLists = mostUpstreamLists,
): readonly { readonly kind: Kind; readonly path: string }[] {
  const created = new Set(creates.map((change) => change.id));
  const exposed = creates.filter(({ kind, parentId }) => kind === 'route' || !created.has(parentId ?? ''));
  const kinds = new Set(exposed.map((change) => change.kind));
  const upstreams = new Set(exposed.flatMap(({ kind, parentId }) => (kind === 'target' && parentId) || []));
  return [...kinds].flatMap((kind) =>
    kind === 'target' && upstreams.size <= mostLists
      ? [...upstreams].map((id) => ({ kind, path: targetsPath(id) }))
      : [{ kind, path: listPaths[kind] }],
  );
}
