import { type Claims, type Contested, settleClaims } from '#core/claims/settle';
import type { DomainSettings, Snapshot } from '#core/model';
import type { Affinity } from '#deck/affinity';
import { renderDesired } from '#deck/desired';
import { type Document, nameOf } from '#deck/document';
import { type Base, contestedDomains, emptyBase } from '#deck/file/base';
import { writtenPaths } from '#deck/file/base-paths';
import { accountsOf } from './accounts';
import { incumbentsOf } from './incumbents';

export type SettleOptions = {
  readonly owner: string;
  readonly settings: Readonly<Record<string, DomainSettings>>;
  /** What people wrote: tags take no path and no name of it. Absent: nothing. */
  readonly base?: Base;
  readonly affinity?: Affinity;
  /** What the control plane holds. */
  readonly held: Document;
};

type Settled = { readonly claims: Claims; readonly desired: Document };

/**
 * Settles the claims, and renders what follows from them. A domain that would take a name of a base file is quarantined, and the others are
 * settled without it (fm-48); where the control plane holds that name already, the base file is what contradicts.
 */
export function settle(snapshot: Snapshot, options: SettleOptions, contested: Contested = new Map()): Settled {
  const { held, settings, base = emptyBase } = options;
  const unrouted = new Set(Object.keys(settings).filter((domain) => settings[domain]?.route === false));
  const rights = { written: writtenPaths(base), unrouted, contested };
  const claims = settleClaims(snapshot, incumbentsOf(held, snapshot, settings), rights);
  const desired = renderDesired({ ...options, domains: claims.domains, accounts: accountsOf(snapshot) });
  if (base.entities.length === 0) return { claims, desired };
  const heldNames = new Set(held.map(nameOf));
  const more = contestedDomains(
    base,
    desired.filter((one) => !heldNames.has(nameOf(one))),
  );
  return more.size === 0 ? { claims, desired } : settle(snapshot, options, new Map([...contested, ...more]));
}
