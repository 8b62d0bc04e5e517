import type { Problem } from '#core/errors';
import type { Json } from '#core/model';
import type { SeenEndpoint } from '#discovery/seen/model';
import type { ServiceParts } from './parts';

/** A field that would not stay as it is; `before` null: it is not set. */
export type Difference = {
  /** `kind:key`, as `nameOf` gives it. */
  readonly entity: string;
  readonly field: string;
  readonly before: Json;
  readonly after: Json;
  /** What a request, or the provider, notices of it. */
  readonly why: string;
};

/** The tags that make endpoints claim a domain, by the id of the endpoint. */
export type TagsByEndpoint = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** A service that people wrote and that points at PrivateLink, with all that belongs to it. */
export type Adoptable = Omit<ServiceParts, 'places'> & {
  /** What it would be called. */
  readonly domain: string;
  /** Where it points at. */
  readonly endpoints: readonly SeenEndpoint[];
  /** Tags to add, without those that an endpoint has already. */
  readonly tags: TagsByEndpoint;
  /** What stays as it is, for people. */
  readonly keeps: readonly string[];
  /** What would change and what no request notices, for people. */
  readonly changes: readonly string[];
  /** What a request would notice: nothing is adopted while there is one that nobody accepted. */
  readonly differences: readonly Difference[];
  /** Why it is not adopted at all; absent: it can be. */
  readonly refused?: Problem;
  /** What is odd about it already, and stays so. */
  readonly findings: readonly string[];
};
