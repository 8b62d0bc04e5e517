import type { Protocol } from '../model';

/** What a domain is in use with already: in the control plane, or in the table of a data plane. */
export type Incumbent = {
  readonly protocol?: Protocol;
  /** Host header in use. */
  readonly host?: string;
  /** Paths of its route, and whether they are stripped; absent where no route is generated. */
  readonly route?: { readonly paths: readonly string[]; readonly stripPath: boolean };
  /** Endpoints whose targets are in use. */
  readonly endpointIds: ReadonlySet<string>;
  /** The scope that each of them is in use from; absent: nobody asks. */
  readonly scopeIds?: ReadonlyMap<string, string>;
  /** Some of them belong to a scope that was not read: what they say now is not known. */
  readonly isUncertain: boolean;
};

/** Incumbents by domain. */
export type Incumbents = ReadonlyMap<string, Incumbent>;

export const noIncumbents: Incumbents = new Map();

/** The incumbents without endpoints that are gone, which hold nothing against others any more. */
export function withoutEndpoints(incumbents: Incumbents, gone: ReadonlySet<string>): Incumbents {
  const left = (ids: ReadonlySet<string>) => new Set([...ids].filter((id) => !gone.has(id)));
  return new Map([...incumbents].map(([domain, one]) => [domain, { ...one, endpointIds: left(one.endpointIds) }]));
}
