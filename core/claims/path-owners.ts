import { compareText } from '../addresses/targets';
import type { Incumbents } from './incumbents';

/** A path of a route that people wrote beside the generated ones, and the service that it leads to. */
export type WrittenPath = { readonly path: string; readonly route: string; readonly service?: string };

/** What decides about paths beside the endpoints that claim them. */
export type PathRights = {
  readonly incumbents: Incumbents;
  /** Domains for which the path of their name is kept. */
  readonly names: ReadonlySet<string>;
  readonly written: readonly WrittenPath[];
  /** Domains without a generated route, which take no path from anybody. */
  readonly unrouted: ReadonlySet<string>;
};

/** Whose a path is, and why: a route of the domain has it, it is kept for the domain of that name, or people wrote it. */
export type Owner =
  | { readonly by: 'route' | 'name'; readonly domain: string }
  | { readonly by: 'people'; readonly domain: string | undefined; readonly route: string };

export type PathOwners = {
  /** Whose the path itself is; undefined: it is free. */
  readonly ownerOf: (path: string) => Owner | undefined;
  /** Whether the domain's route had the path at the start. */
  readonly isInUse: (path: string, domain: string) => boolean;
  readonly give: (path: string, domain: string) => void;
  /** Frees what the domain's route had at the start, but for `kept`; gives whether that was anything. */
  readonly free: (domain: string, kept: readonly string[]) => boolean;
};

/** Who owns which path before endpoints claim any, and as they are given some. */
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

/** The domain that a path is named for; `/a/b` is named for none. */
export function isNamedFor(path: string, domain: string): boolean {
  return path === `/${domain}`;
}

/** Where two routes have one path, whom it is named for keeps it, else the first by name. */
function pathsInUse(incumbents: Incumbents): ReadonlyMap<string, string> {
  const inUse = new Map<string, string>();
  for (const [domain, { route }] of [...incumbents].sort(([a], [b]) => compareText(a, b))) {
    for (const path of route?.paths ?? []) if (!inUse.has(path) || isNamedFor(path, domain)) inUse.set(path, domain);
  }
  return inUse;
}
