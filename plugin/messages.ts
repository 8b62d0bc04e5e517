import { z } from 'zod';
import type { DomainRoute } from './resolve';

/** What the discovery thread tells the thread that serves requests: only what changed, and only of domains in use. */
export type FromDiscovery =
  /** A pass has ended: when each scope was last confirmed (unix epoch, milliseconds). Empty: nothing is known yet. */
  | { readonly kind: 'observed'; readonly scopes: readonly (readonly [scopeId: string, observedAtMs: number])[] }
  /** The route of a domain in use, as it is now, as text (see readRoute); absent: there is none. */
  | { readonly kind: 'route'; readonly domain: string; readonly route?: string }
  | { readonly kind: 'problem'; readonly reason: string };

/** What it is told: that requests for a domain may come. */
export type ToDiscovery = { readonly kind: 'use'; readonly domain: string };

export const toDiscoverySchema = z.object({ kind: z.literal('use'), domain: z.string() });

/** The text of a route: receiving thousands of objects would block the thread that serves requests, and a text costs nothing until it is read. */
export function writeRoute(route: DomainRoute): string {
  return JSON.stringify(route);
}

/** The route that `writeRoute` wrote, in the same process. */
export function readRoute(text: string): DomainRoute {
  return JSON.parse(text) as DomainRoute;
}
