import type { Problem } from '#core/errors';
import type { Json } from '#core/model';
import type { SeenEndpoint } from '#discovery/seen/model';
import type { ServiceParts } from './parts';

/** A field that adoption would change; `before` null: the field is not set. */
export type Difference = {
  /** `kind:key`, the result of `nameOf`. */
  readonly entity: string;
  readonly field: string;
  readonly before: Json;
  readonly after: Json;
  /** The effect on requests or on the provider. */
  readonly why: string;
};

/** The tags that make endpoints claim a domain, by endpoint id. */
export type TagsByEndpoint = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** People's service that points at PrivateLink, with its parts. */
export type Adoptable = Omit<ServiceParts, 'places'> & {
  /** The name for the new domain. */
  readonly domain: string;
  /** The endpoints that the service points at. */
  readonly endpoints: readonly SeenEndpoint[];
  /** Tags to add, without tags that an endpoint already has. */
  readonly tags: TagsByEndpoint;
  /** Unchanged settings, for people. */
  readonly keeps: readonly string[];
  /** Changes without an effect on requests, for people. */
  readonly changes: readonly string[];
  /** Changes with an effect on requests. Each must be accepted before the adoption. */
  readonly differences: readonly Difference[];
  /** The reason why it cannot be adopted; absent: it can. */
  readonly refused?: Problem;
  /** Existing oddities, which adoption keeps. */
  readonly findings: readonly string[];
};
