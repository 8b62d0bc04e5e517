import { type Claims, type Contested, type Domain, settleClaims } from '#core/claims/settle';
import type { DomainSettings, Snapshot } from '#core/model';
import { adoptedPaths } from '#deck/adopted';
import type { Affinity } from '#deck/affinity';
import type { CallersSettings } from '#deck/callers/entity';
import { renderDesired } from '#deck/desired';
import { type Document, nameOf } from '#deck/document';
import { type Base, contestedDomains, emptyBase } from '#deck/file/base';
import { writtenPaths } from '#deck/file/base-paths';
import { addressesAlone, formsFor, type ViaSettings, viaOf } from '#deck/via';
import { accountsOf } from './accounts';
import type { Kept } from './changes';
import { incumbentsOf } from './incumbents';
import type { Protection } from './protect/protection';
import type { ZonesKept } from './protect/zones';
import type { AllowedAddresses } from './removals/refused-address';
import { collectEvidence, type Evidence } from './removals/verdicts';
import { type DecidedForms, decideForms, type FormsInput } from './via';

export type SettleOptions = {
  readonly owner: string;
  readonly settings: Readonly<Record<string, DomainSettings>>;
  /** What people wrote: tags cannot take its paths and names. Absent: nothing. */
  readonly base?: Base;
  readonly affinity?: Affinity;
  /** As in DesiredInput. */
  readonly callersSettings?: CallersSettings;
  /** Absent: every address is a target. */
  readonly via?: ViaSettings;
  /** Absent: nothing is protected. */
  readonly protection?: Protection;
  /** Domains whose zones stay although `affinity` is none. Absent: none. */
  readonly zonesKept?: ZonesKept;
  /** Address ranges that the configuration allows. Absent: none. */
  readonly allowed?: AllowedAddresses;
  /**
   * The control plane is pinned: what would be desired without the pin does not wait for anything.
   */
  readonly isPinned?: boolean;
  /** What the control plane holds. */
  readonly held: Document;
};

type Settled = {
  readonly claims: Claims;
  readonly desired: Document;
  readonly evidence: Evidence;
  /** Switches to another form of a domain's addresses that wait. */
  readonly waiting: readonly Kept[];
};

/**
 * Settles the claims and renders the desired document. A domain that would take a name of a base
 * file is quarantined, and the other domains are settled without it (fm-48). If the control plane
 * already holds that name for the domain, the base file is at fault instead.
 */
export function settle(snapshot: Snapshot, options: SettleOptions, contested: Contested = new Map()): Settled {
  const { held, settings, base = emptyBase, zonesKept: affinityOf } = options;
  const isUnrouted = ({ route, adopted }: DomainSettings) => route === false || adopted !== undefined;
  const unrouted = new Set(Object.keys(settings).filter((domain) => isUnrouted(settings[domain] ?? {})));
  const rights = { written: [...writtenPaths(base), ...adoptedPaths(held)], unrouted, contested };
  const claims = settleClaims(snapshot, incumbentsOf(held, snapshot, settings), rights);
  const evidence = collectEvidence(snapshot, claims.quarantined, options.allowed);
  const { formsOf, waiting } = configuredForms(claims.domains, { ...options, snapshot, evidence });
  const { domains } = claims;
  const desired = renderDesired({ ...options, domains, accounts: accountsOf(snapshot), formsOf, affinityOf });
  const settled = { claims, desired, evidence, waiting };
  if (base.entities.length === 0) return settled;
  const heldNames = new Set(held.map(nameOf));
  const more = contestedDomains(
    base,
    desired.filter((one) => !heldNames.has(nameOf(one))),
  );
  return more.size === 0 ? settled : settle(snapshot, options, new Map([...contested, ...more]));
}

type Configured = SettleOptions & Pick<FormsInput, 'snapshot' | 'evidence'>;

function configuredForms(
  domains: readonly Domain[],
  { via, settings, isPinned, ...context }: Configured,
): DecidedForms {
  const wantedOf = (domain: Domain) =>
    via ? formsFor(domain, viaOf(settings[domain.name], via.via), via.suffix) : addressesAlone;
  if (!isPinned) return decideForms({ ...context, domains, wantedOf });
  const forms = new Map(domains.map((domain) => [domain.name, wantedOf(domain)]));
  return { formsOf: (domain) => forms.get(domain) ?? addressesAlone, waiting: [] };
}
