import { compareText } from '../addresses/targets';
import type { Incumbents } from './incumbents';

/** A path of a route that people wrote, with the service of the route. */
export type WrittenPath = { readonly path: string; readonly route: string; readonly service?: string };

/** Facts about paths, apart from the claims of endpoints. */
export type PathRights = {
  readonly incumbents: Incumbents;
  /** Domains whose path `/NAME` is reserved for them. */
  readonly names: ReadonlySet<string>;
  readonly written: readonly WrittenPath[];
  /** Domains without a generated route. They take no path from others. */
  readonly unrouted: ReadonlySet<string>;
};

/**
 * The owner of a path, and why: its route has the path, its name is the path, or people wrote the
 * route.
 */
export type Owner =
  | { readonly by: 'route' | 'name'; readonly domain: string }
  | { readonly by: 'people'; readonly domain: string | undefined; readonly route: string };

export type PathOwners = {
  /** Returns the owner of the path; undefined: the path is free. */
  readonly ownerOf: (path: string) => Owner | undefined;
  /** Whether the domain's route had the path at the start. */
  readonly isInUse: (path: string, domain: string) => boolean;
  readonly give: (path: string, domain: string) => void;
  /**
   * Frees the paths that the domain's route had at the start, except `kept`. Returns whether any
   * was freed.
   */
  readonly free: (domain: string, kept: readonly string[]) => boolean;
};

/** Tracks the owner of each path: first before endpoints claim any, then with each claim. */
export function createPathOwners({ incumbents, names, written }: PathRights): PathOwners {
  const inUse = pathsInUse(incumbents);
  const routes = new Map(inUse);
  const people = new Map(
    written.map(({ path, route, service }) => [path, { by: 'people', domain: service, route } as const]),
  );
  return {
    ownerOf: (path) => {
      const domain = routes.get(path);
      if (domain !== undefined) return { by: 'route', domain };
      const name = path.slice(1);
      return people.get(path) ?? (names.has(name) ? { by: 'name', domain: name } : undefined);
    },
    isInUse: (path, domain) => inUse.get(path) === domain,
    give: (path, domain) => void routes.set(path, domain),
    free: (domain, kept) => {
      const held = incumbents.get(domain)?.route?.paths ?? [];
      const left = held.filter((path) => routes.get(path) === domain && !kept.includes(path));
      for (const path of left) routes.delete(path);
      return left.length > 0;
    },
  };
}

/** Returns the domain with the name of the path; `/a/b` has none. */
export function isNamedFor(path: string, domain: string): boolean {
  return path === `/${domain}`;
}

/** Where two routes have one path, the domain of that name keeps it, else the first by name. */
function pathsInUse(incumbents: Incumbents): ReadonlyMap<string, string> {
  const inUse = new Map<string, string>();
  for (const [domain, { route }] of [...incumbents].sort(([a], [b]) => compareText(a, b))) {
    for (const path of route?.paths ?? []) if (!inUse.has(path) || isNamedFor(path, domain)) inUse.set(path, domain);
  }
  return inUse;
}
