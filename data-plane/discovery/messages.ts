import type { Ages } from '../reach/ages';

/** What the discovery thread tells the thread that serves requests: only what changed, and only of domains in use. */
export type FromDiscovery =
  /** A pass has ended: how old is what is known; routes follow. Empty: it gave nothing. Ages, since clocks are set, and threads have one each. */
  | { readonly kind: 'observed'; readonly ages: Ages }
  /** The route of a domain in use, as it is now, as text (see readRoute); absent: there is none. */
  | { readonly kind: 'route'; readonly domain: string; readonly route?: string }
  /** Probes ejected a target (see placeOf), or brought it back; a target that nothing was said of is up. */
  | { readonly kind: 'health'; readonly domain: string; readonly place: string; readonly isDown: boolean }
  /** Where they are asked for: the names of all domains, apart by spaces; `isWhole`: there are no others, which takes several passes to say. */
  | { readonly kind: 'names'; readonly names: string; readonly isWhole: boolean }
  | { readonly kind: 'problem'; readonly reason: string };
