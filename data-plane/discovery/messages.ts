import type { Ages } from '../reach/ages';

/**
 * Messages of the discovery thread to the serving thread: only changes, and only of domains in use.
 */
export type FromDiscovery =
  /**
   * A pass has ended: the age of each scope; routes follow. Empty: the pass found nothing. Ages and
   * not times, since clocks are set, and each thread has its own.
   */
  | { readonly kind: 'observed'; readonly ages: Ages }
  /**
   * The present route of a domain in use, as text (see readRoute); absent: the domain has no route.
   */
  | { readonly kind: 'route'; readonly domain: string; readonly route?: string }
  /**
   * Probes ejected a target (see placeOf), or brought it back. A target without a message is up.
   */
  | { readonly kind: 'health'; readonly domain: string; readonly place: string; readonly isDown: boolean }
  /**
   * Only where names are asked for: the names of all domains, separated by spaces. `isWhole`: no
   * other domain exists, which takes several passes to know.
   */
  | { readonly kind: 'names'; readonly names: string; readonly isWhole: boolean }
  | { readonly kind: 'problem'; readonly reason: string };
