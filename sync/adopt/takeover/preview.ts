import { formatProblem, type Problem } from '#core/errors';
import type { Adopted } from '#core/model';
import { shellWord } from '#core/printable';
import type { HeldEntity } from '#deck/document';
import { adoptedDomainOf, isGenerated, selectTags } from '#deck/tags';
import type { AppliedChange, Change } from '../../plan/changes';
import type { Adoptable, Difference } from '../adoptable';
import type { AdoptionRecord } from './record';
import { adoptionRecordOf } from './taking';

/** What became of one domain. */
export type DomainOutcome = {
  readonly domain: string;
  readonly service: string;
  /** `waits`: its files are written, and its endpoints lack tags. */
  readonly state: 'adopted' | 'released' | 'waits' | 'refused' | 'incomplete';
  /** Why it was refused, or what is left to do. */
  readonly reason?: string;
  /** What was to be written to the control plane. */
  readonly changes: readonly Change[];
  readonly applied?: readonly AppliedChange[];
  /** Files that were written or removed. */
  readonly files: readonly string[];
  /** What is odd about it, and stays so. */
  readonly findings: readonly string[];
};

/** The record to go by: the one that is there, unless nothing of it was taken over yet and the service is found anew. */
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

/** Why an adoptable domain is not taken over as it is; `accepted`: names of entities whose differences somebody accepted. */
export function whyNotAdopted(
  { refused, differences }: Pick<Adoptable, 'refused' | 'differences'>,
  accepted: ReadonlySet<string>,
): Problem | undefined {
  if (refused) return refused;
  const open = differences.filter(({ entity }) => !accepted.has(entity));
  if (open.length === 0) return undefined;
  const overrides = [...new Set(open.map(({ entity }) => `--override ${shellWord(entity)}`))].join(' ');
  return {
    reason: `it would not stay as it is: ${open.map(differenceText).join('; ')}`,
    fix: `to accept that, add ${overrides}`,
  };
}

function differenceText({ entity, field, before, after, why }: Difference): string {
  return `${entity} ${field} ${JSON.stringify(before)} -> ${JSON.stringify(after)} (${why})`;
}

/** Why the names cannot stand in the file: another control plane has the domain there too, by other names; `beside`: its records. */
export function whyNamedOtherwise(
  { domain, adopted }: Pick<AdoptionRecord, 'domain' | 'adopted'>,
  named: Adopted | undefined,
  beside: readonly string[],
): Problem | undefined {
  const text = ({ service, upstream, routes }: Adopted) => JSON.stringify([service, upstream, [...routes].sort()]);
  if (beside.length === 0 || !named || text(named) === text(adopted)) return undefined;
  return {
    reason: `domains.${domain}.adopted names other entities already, for the control plane of ${beside.join(', ')}`,
    fix: 'give service, upstream and routes the same names there and here (a route without a name counts by its id), or call the domain otherwise (--domain)',
  };
}

/** An outcome in which nothing was written. */
export function refusedOutcome(
  of: Pick<DomainOutcome, 'domain' | 'service'> & Partial<DomainOutcome>,
  problem: Problem,
): DomainOutcome {
  return { changes: [], files: [], findings: [], ...of, state: 'refused', reason: formatProblem(problem) };
}
