import { formatProblem, type Problem } from '#core/errors';
import { type Entity, type HeldEntity, type Kind, nameOf } from '#deck/document';
import { claimedPathsOf, hasPathsAlone } from '#deck/route-paths';
import { isGenerated, ownerOf } from '#deck/tags';
import type { Change } from './changes';

/**
 * A foreign claim: an entity with the same kind and key but without our tags, or a route that has
 * one of our paths.
 */
export type ForeignEntity = {
  readonly kind: Kind;
  readonly key: string;
  /** Id of the foreign entity. */
  readonly id: string;
  /** Set for a path: the path, and the route that has it. */
  readonly path?: { readonly text: string; readonly route: string };
  /** The owner, if this product made the foreign entity for another owner. */
  readonly owner?: string;
};

/**
 * Returns the entities of `held` that block `upserts` and do not carry `ownTags`: by the same name,
 * or by a path of a route.
 */
export function foreignAmong(
  held: readonly HeldEntity[],
  upserts: readonly Change[],
  ownTags: readonly string[],
): readonly ForeignEntity[] {
  const foreign = held.filter(({ tags }) => !isGenerated(tags, ownTags));
  const wanted = new Set(upserts.map(nameOf));
  const named = foreign.filter((one) => wanted.has(nameOf(one)));
  return [
    ...named.map(({ kind, key, id, tags }) => ({ kind, key, id, owner: ownerOf(tags) })),
    ...takenPaths(foreign, upserts),
  ];
}

/**
 * Whether an existing route gets other paths. Bounded paths are other paths too, since they win
 * over plain paths of other people.
 */
export function takesPaths({ kind, action, before, after }: Change): boolean {
  return kind === 'route' && action === 'update' && pathsText(before) !== pathsText(after);
}

function pathsText(route: Entity | undefined): string {
  return JSON.stringify([route?.fields.paths].flat().sort());
}

/**
 * Our bounded route would win over a plain route of other people, however old their route is
 * (fm-47).
 */
function takenPaths(foreign: readonly HeldEntity[], upserts: readonly Change[]): readonly ForeignEntity[] {
  const routes = foreign.filter(({ kind, fields }) => kind === 'route' && hasPathsAlone(fields));
  const byPath = new Map(
    routes.flatMap((route) => (claimedPathsOf(route) ?? []).map((text) => [text, route] as const)),
  );
  return upserts.flatMap(({ kind, key, after }) => {
    const texts = (kind === 'route' && after && claimedPathsOf(after)) || [];
    for (const text of texts) {
      const route = byPath.get(text);
      // Routes on the same service take nothing from each other.
      if (!route || route.parent === after?.parent || route.key === key) continue;
      return [{ kind, key, id: route.id, owner: ownerOf(route.tags), path: { text, route: route.key } }];
    }
    return [];
  });
}

/** The message for a change whose name or path is taken. */
export function foreignMessage(entity: ForeignEntity): string {
  return formatProblem(entity.path ? takenPath(entity, entity.path) : takenName(entity));
}

/** The fix does not say to delete it: another owner's entity serves requests. */
function takenName({ kind, key, owner }: ForeignEntity): Problem {
  if (owner === undefined) {
    const reason = `${kind} ${key} exists already without this owner's tags and is left as it is`;
    return { reason, fix: 'rename or delete it' };
  }
  return {
    reason: `${kind} ${key} belongs to owner ${owner} and is left as it is`,
    fix: 'give that domain to one of the two owners (allow.domains, tag kong:gateway)',
  };
}

function takenPath({ kind, key, owner }: ForeignEntity, path: NonNullable<ForeignEntity['path']>): Problem {
  const whose = owner === undefined ? ", which lacks this owner's tags," : ` of owner ${owner},`;
  const other = owner === undefined ? 'take the path off that route' : 'have that owner choose another path';
  return {
    reason: `${kind} ${key} would take ${path.text} from route ${path.route}${whose} and is not written`,
    fix: `choose another kong:path for domain ${key}, or ${other}`,
  };
}
