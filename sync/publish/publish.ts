import type { Domain } from '#core/claims/settle';
import { messageOf } from '#core/errors';
import type { HeldEntity } from '#deck/document';
import { concurrently } from '#io/concurrently';
import { withinDeadline } from '#io/signals';
import { type ApplyOptions, applyChanges, readForeign } from '../control-planes/apply';
import type { ControlPlane } from '../control-planes/control-plane';
import type { AppliedChange, Change, Kept } from '../plan/changes';
import { foreignMessage } from '../plan/foreign-entities';
import { makePlan, type PlanInput } from '../plan/plan';
import { type Absences, stillCounted } from '../plan/removals/absences';
import { brake, type Withheld } from '../plan/removals/brake';
import { instancesOf } from './instances';

/** A domain's targets and the Cloud Map service that shall hold them as instances; `name` says which, and is part of their keys. */
export type Publication = { readonly name: string; readonly domain: string; readonly service: ControlPlane };

/** What a service holds of ours, or why that is not known. */
export type ReadPublication = Publication & { readonly held: readonly HeldEntity[]; readonly error?: string };

/** What one pass planned for a Cloud Map service, and did. */
export type PublicationReport = {
  readonly name: string;
  readonly domain: string;
  readonly changes: readonly Change[];
  readonly kept: readonly Kept[];
  /** Absent when nothing was to be applied. */
  readonly applied?: readonly AppliedChange[];
  /** Creates whose name somebody else has. */
  readonly conflicts?: readonly string[];
  /** What the brake held back. */
  readonly withheld?: Withheld;
  /** Why the service could not be read or written at all. */
  readonly error?: string;
};

/** Services written to, or read, at once. */
const servicesAtOnce = 4;

/** Twice what discovery gives a scope, which reads the same lists. */
const readTimeoutMs = 60_000;

/** Reads all services, each within a minute (fm-54); one that cannot be read costs its own publication only. Rejects with the signal's reason alone. */
export function readPublications(
  publications: readonly Publication[],
  signal: AbortSignal,
): Promise<readonly ReadPublication[]> {
  return concurrently(publications, { limit: servicesAtOnce, signal }, async (publication) => {
    try {
      const deadline = { signal, timeoutMs: readTimeoutMs, asked: publication.name };
      return { ...publication, held: await withinDeadline(publication.service.read, deadline) };
    } catch (thrown) {
      signal.throwIfAborted();
      return { ...publication, held: [], error: messageOf(thrown) };
    }
  });
}

export type PublishInput = Omit<PlanInput, 'desired' | 'held' | 'settings'> & { readonly domains: readonly Domain[] };

export type PlannedPublications = { readonly reports: readonly PublicationReport[]; readonly counted: Absences };

/** What to write to each service, by the plan and the removal rules of targets; what a service without answer had counted stays counted. */
export function planPublications(publications: readonly ReadPublication[], input: PublishInput): PlannedPublications {
  const planned = publications.map((one) => planPublication(one, input));
  return {
    reports: planned.map(({ report }) => report),
    counted: Object.assign({}, ...planned.map(({ absences }) => absences)),
  };
}

function planPublication({ name, domain, held, error }: ReadPublication, input: PublishInput) {
  if (error !== undefined) {
    const counted = Object.entries(input.absences)
      .filter(([key]) => key.startsWith(`${name}|`))
      .map(([key, one]) => [key, stillCounted(one, input.elapsedMs)]);
    return { report: { name, domain, changes: [], kept: [], error }, absences: Object.fromEntries(counted) };
  }
  const claimed = input.domains.find((one) => one.name === domain);
  const desired = claimed ? instancesOf(claimed, name) : [];
  const { changes, kept, absences } = makePlan({ ...input, desired, held, settings: {} });
  return { report: { name, domain, kept, ...brake(changes, held, input.policy) }, absences };
}

/** Writes what was planned and not withheld. */
export function applyPublications(
  publications: readonly Publication[],
  reports: readonly PublicationReport[],
  options: Omit<ApplyOptions, 'controlPlane' | 'onApplied' | 'during'>,
): Promise<readonly PublicationReport[]> {
  const { clock, concurrency, signal, mayWrite } = options;
  return withServices({ publications, reports, signal }, async (report, controlPlane) => {
    const { results } = await applyChanges(report.changes, { controlPlane, clock, concurrency, signal, mayWrite });
    return { ...report, applied: results };
  });
}

/** Finds what somebody else registered in place of what was planned. */
export function findConflicts(
  publications: readonly Publication[],
  reports: readonly PublicationReport[],
  signal: AbortSignal,
): Promise<readonly PublicationReport[]> {
  return withServices({ publications, reports, signal }, async (report, controlPlane) => {
    const foreign = await readForeign(report.changes, { controlPlane, signal });
    return { ...report, conflicts: foreign.map(foreignMessage) };
  });
}

type Planned = {
  readonly publications: readonly Publication[];
  readonly reports: readonly PublicationReport[];
  readonly signal: AbortSignal;
};

/** Does `work` for each report with changes; a service that fails costs its own publication only. */
function withServices(
  { publications, reports, signal }: Planned,
  work: (report: PublicationReport, service: ControlPlane) => Promise<PublicationReport>,
): Promise<readonly PublicationReport[]> {
  const services = new Map(publications.map(({ name, service }) => [name, service]));
  return concurrently(reports, { limit: servicesAtOnce, signal }, async (report) => {
    const service = services.get(report.name);
    if (!service || report.changes.length === 0) return report;
    try {
      return await work(report, service);
    } catch (thrown) {
      return { ...report, error: messageOf(thrown) };
    }
  });
}
