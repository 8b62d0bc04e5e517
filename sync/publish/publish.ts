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

/**
 * A domain, and the Cloud Map service that has to hold its targets as instances. `name` names the
 * service and is part of the targets' keys.
 */
export type Publication = { readonly name: string; readonly domain: string; readonly service: ControlPlane };

/** A publication and our instances in its service, or the reason why these are unknown. */
export type ReadPublication = Publication & { readonly held: readonly HeldEntity[]; readonly error?: string };

/** The plan of one pass for a Cloud Map service, and its result. */
export type PublicationReport = {
  readonly name: string;
  readonly domain: string;
  readonly changes: readonly Change[];
  readonly kept: readonly Kept[];
  /** Absent: the pass had nothing to apply. */
  readonly applied?: readonly AppliedChange[];
  /** Creates whose name belongs to somebody else. */
  readonly conflicts?: readonly string[];
  /** Removals that the brake withheld. */
  readonly withheld?: Withheld;
  /** The reason why the service could not be read or written. */
  readonly error?: string;
};

/** Services that are written or read at once. */
const servicesAtOnce = 4;

/** Twice the limit of a scope in discovery, which reads the same lists. */
const readTimeoutMs = 60_000;

/**
 * Reads all services, each within a minute (fm-54). A service that cannot be read costs its own
 * publication only. Rejects only with the signal's reason.
 */
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

/**
 * Plans the writes to each service, by the plan and the removal rules of targets. Absences of a
 * service that did not answer stay counted.
 */
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

/** Writes the planned changes that are not withheld. */
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

/** Finds instances of somebody else that occupy the place of planned instances. */
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

/**
 * Runs `work` for each report with changes. A service that fails costs its own publication only.
 */
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
