import type { Protocol } from '../model';

/** The present use of a domain: in the control plane, or in the table of a data plane. */
export type Incumbent = {
  readonly protocol?: Protocol;
  /** Host header in use. */
  readonly host?: string;
  /** Paths of its route, and whether they are stripped; absent without a generated route. */
  readonly route?: { readonly paths: readonly string[]; readonly stripPath: boolean };
  /** Endpoints with targets in use. */
  readonly endpointIds: ReadonlySet<string>;
  /** The scope of each of them; absent: the caller does not need it. */
  readonly scopeIds?: ReadonlyMap<string, string>;
  /** Some of them belong to an unread scope. Their present statement is not known. */
  readonly isUncertain: boolean;
};

/** Incumbents by domain. */
export type Incumbents = ReadonlyMap<string, Incumbent>;

export const noIncumbents: Incumbents = new Map();

/** The incumbents without ended endpoints, which no longer block others. */
export function withoutEndpoints(incumbents: Incumbents, gone: ReadonlySet<string>): Incumbents {
  const left = (ids: ReadonlySet<string>) => new Set([...ids].filter((id) => !gone.has(id)));
  return new Map([...incumbents].map(([domain, one]) => [domain, { ...one, endpointIds: left(one.endpointIds) }]));
}
