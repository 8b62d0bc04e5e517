import { formatProblem, type Problem } from '#core/errors';
import { type Entity, type HeldEntity, type Kind, nameOf } from '#deck/document';
import { claimedPathsOf, hasPathsAlone } from '#deck/route-paths';
import { isGenerated, ownerOf } from '#deck/tags';
import type { Change } from './changes';

/** What is taken by somebody else: the name of an entity (same kind and key, without our tags), or a path of a route. */
export type ForeignEntity = {
  readonly kind: Kind;
  readonly key: string;
  /** Of what is in the way. */
  readonly id: string;
  /** Where it is a path: which, and the route that has it. */
  readonly path?: { readonly text: string; readonly route: string };
  /** Whose it is, where this product made it for another owner. */
  readonly owner?: string;
};

/** Of `held`, what is in the way of `upserts` and was not generated for whom `ownTags` select: the same name, or a path of a route. */
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

/** Whether a route that exists gets other paths, be it only bounded ones, which win over plain ones that others wrote. */
export function takesPaths({ kind, action, before, after }: Change): boolean {
  return kind === 'route' && action === 'update' && pathsText(before) !== pathsText(after);
}

function pathsText(route: Entity | undefined): string {
  return JSON.stringify([route?.fields.paths].flat().sort());
}

/** Bounded, our route would win over one that people wrote, however long that has served (fm-47). */
function takenPaths(foreign: readonly HeldEntity[], upserts: readonly Change[]): readonly ForeignEntity[] {
  const routes = foreign.filter(({ kind, fields }) => kind === 'route' && hasPathsAlone(fields));
  const byPath = new Map(
    routes.flatMap((route) => (claimedPathsOf(route) ?? []).map((text) => [text, route] as const)),
  );
  return upserts.flatMap(({ kind, key, after }) => {
    const texts = (kind === 'route' && after && claimedPathsOf(after)) || [];
    for (const text of texts) {
      const route = byPath.get(text);
      // On the same service nothing is taken from anybody.
      if (!route || route.parent === after?.parent || route.key === key) continue;
      return [{ kind, key, id: route.id, owner: ownerOf(route.tags), path: { text, route: route.key } }];
    }
    return [];
  });
}

/** What is said of a change whose name or path somebody else has. */
export function foreignMessage(entity: ForeignEntity): string {
  return formatProblem(entity.path ? takenPath(entity, entity.path) : takenName(entity));
}

/** Another owner's entity serves requests, and is not to be deleted. */
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
