import { formatProblem, type Problem } from '#core/errors';
import type { Adopted } from '#core/model';
import { shellWord } from '#core/printable';
import type { HeldEntity } from '#deck/document';
import { adoptedDomainOf, isGenerated, selectTags } from '#deck/tags';
import type { AppliedChange, Change } from '../../plan/changes';
import type { Adoptable, Difference } from '../adoptable';
import type { AdoptionRecord } from './record';
import { adoptionRecordOf } from './taking';

/** The result for one domain. */
export type DomainOutcome = {
  readonly domain: string;
  readonly service: string;
  /** `waits`: the domain's files are written, and its endpoints lack tags. */
  readonly state: 'adopted' | 'released' | 'waits' | 'refused' | 'incomplete';
  /** The reason for a refusal, or the remaining work. */
  readonly reason?: string;
  /** Planned changes of the control plane. */
  readonly changes: readonly Change[];
  readonly applied?: readonly AppliedChange[];
  /** Written or removed files. */
  readonly files: readonly string[];
  /** Existing oddities, which adoption keeps. */
  readonly findings: readonly string[];
};

/**
 * Returns the record to use: the existing record, or a new record when nothing was taken over yet
 * and the service is found again.
 */
export function recordToUse(
  { recorded, adoptable }: { readonly recorded?: AdoptionRecord; readonly adoptable?: Adoptable },
  whole: readonly HeldEntity[],
  place: Pick<AdoptionRecord, 'owner' | 'controlPlane'>,
): AdoptionRecord | undefined {
  if (recorded && (isBegun(recorded, whole) || !adoptable)) return recorded;
  return adoptable && adoptionRecordOf(adoptable, place);
}

function isBegun({ entities, domain, owner }: AdoptionRecord, whole: readonly HeldEntity[]): boolean {
  const ids = new Set(entities.map(({ id }) => id));
  const ownTags = selectTags(owner);
  return whole.some(({ id, tags }) => isGenerated(tags, ownTags) && (ids.has(id) || adoptedDomainOf(tags) === domain));
}

/**
 * Returns the reason against taking over an adoptable domain. `accepted`: names of entities whose
 * differences people accepted.
 */
export function whyNotAdopted(
  { refused, differences }: Pick<Adoptable, 'refused' | 'differences'>,
  accepted: ReadonlySet<string>,
): Problem | undefined {
  if (refused) return refused;
  const open = differences.filter(({ entity }) => !accepted.has(entity));
  if (open.length === 0) return undefined;
  const overrides = [...new Set(open.map(({ entity }) => `--override ${shellWord(entity)}`))].join(' ');
  return {
    reason: `adopting it would change ${open.map(differenceText).join('; ')}`,
    fix: `to accept this, add ${overrides}`,
  };
}

function differenceText({ entity, field, before, after, why }: Difference): string {
  return `${entity} ${field} ${JSON.stringify(before)} -> ${JSON.stringify(after)} (${why})`;
}

/**
 * Returns a problem when another control plane already has the domain in the file, under other
 * names. `beside`: the records of that control plane.
 */
export function whyNamedOtherwise(
  { domain, adopted }: Pick<AdoptionRecord, 'domain' | 'adopted'>,
  named: Adopted | undefined,
  beside: readonly string[],
): Problem | undefined {
  const text = ({ service, upstream, routes }: Adopted) => JSON.stringify([service, upstream, [...routes].sort()]);
  if (beside.length === 0 || !named || text(named) === text(adopted)) return undefined;
  return {
    reason: `domains.${domain}.adopted already names other entities, for the control plane of ${beside.join(', ')}`,
    fix: 'use the same names of service, upstream and routes in both control planes (for a route without a name, its id), or choose another domain (--domain)',
  };
}

/** Returns an outcome without writes. */
export function refusedOutcome(
  of: Pick<DomainOutcome, 'domain' | 'service'> & Partial<DomainOutcome>,
  problem: Problem,
): DomainOutcome {
  return { changes: [], files: [], findings: [], ...of, state: 'refused', reason: formatProblem(problem) };
}
