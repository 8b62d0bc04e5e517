import { formatProblem, PrivatelinkError, type Problem } from '#core/errors';
import type { ScopeState } from '#core/model';
import { domainPattern } from '#core/names';
import type { HeldEntity } from '#deck/document';
import { mayClaim as claims } from '#discovery/admission/allow';
import { applyChanges } from '../../control-planes/apply';
import { backendOf } from '../../control-planes/backends';
import { readDependants } from '../../control-planes/kong-api/dependants';
import { planOnce } from '../../pass/plan-once';
import { isIncomplete, type Report, serialiseReport } from '../../pass/report';
import { formatReport } from '../../pass/report-text';
import type { Session } from '../../pass/session';
import { outcomeOf } from '../../plan/plan';
import { whyProtected } from '../../plan/protect/retire';
import { planRetirement, unknownDomain, unseenOf, whyClaimed } from '../../plan/retire';
import { writing } from '../../rollout/run-stage';
import { exitCodes } from '../exit-codes';
import { perStage, type StageResult } from '../per-stage';
import { whyUnconfirmed } from '../question';
import type { Configured, Verb } from '../verb';

type RetireOptions = Configured & {
  readonly domain?: string;
  /** Name of the only stage to use. */
  readonly stage?: string;
  /** Do not ask. */
  readonly yes?: boolean;
  /** Scopes that are gone for good. */
  readonly despiteUnknown?: readonly string[];
};

/** Removes a domain from the control plane: shows what leaves, asks, then removes. */
export const runRetire: Verb<RetireOptions> = (options, signal) => {
  const domain = domainOf(options);
  const of = (session: Session, own: AbortSignal) => retireFrom(session, { domain, options, signal: own });
  return perStage({ ...options, isReadOnly: true }, signal, { doing: 'retiring from', isInOrder: true, of });
};

type Retiring = { readonly domain: string; readonly options: RetireOptions; readonly signal: AbortSignal };

async function retireFrom(opened: Session, { domain, options, signal }: Retiring): Promise<StageResult> {
  const session = withoutUnknown(opened, options.despiteUnknown);
  const report = await planRetire(domain, session, signal);
  const { terminal, json } = options;
  // The question is about the plan above it.
  if (!json) terminal.out(formatReport(report, terminal));
  const confirmed = await confirmPlan(report, domain, { options, session, signal });
  const done = confirmed.refused ? confirmed : await removeAll(confirmed, session, signal);
  const exitCode = isIncomplete(done) ? exitCodes.incomplete : exitCodes.done;
  return {
    exitCode: done.refused ? exitCodes.refused : exitCode,
    json: () => serialiseReport(done),
    text: () => `${formatReport(untoldOf(done, report), terminal)}${summaryOf(done, domain)}\n`,
  };
}

/**
 * Drops the scopes that the operator calls gone for good, including their last good. Throws
 * PrivatelinkError.
 */
function withoutUnknown(session: Session, despite: readonly string[] = []): Session {
  const discover: Session['discover'] = async (signal) => {
    const snapshot = await session.discover(signal);
    const ids = snapshot.scopes.map(({ scope }) => scope.id);
    const missing = despite.find((id) => !ids.includes(id));
    if (missing !== undefined) {
      const fix = `the scopes are: ${ids.join(', ')}`;
      const reason = `--despite-unknown: no source has a scope ${missing}`;
      throw new PrivatelinkError(reason, { code: 'CONFIG_INVALID', fix });
    }
    const isGone = ({ status, scope }: ScopeState) => status === 'unknown' && despite.includes(scope.id);
    return { ...snapshot, scopes: snapshot.scopes.filter((state) => !isGone(state)) };
  };
  return despite.length > 0 ? { ...session, discover } : session;
}

function domainOf({ domain = '' }: RetireOptions): string {
  if (domainPattern.test(domain)) return domain;
  const fix = 'use lowercase letters, digits and dashes';
  throw new PrivatelinkError(`retire: "${domain}" is not a valid name of a domain`, { code: 'CONFIG_INVALID', fix });
}

async function planRetire(domain: string, session: Session, signal: AbortSignal): Promise<Report> {
  const { held, plan, report, snapshot, pinned } = await planOnce({ ...session, publications: [] }, signal);
  const changes = planRetirement(domain, held);
  const mayClaim = (source: string) => session.config.sources.some((one) => one.name === source && claims(one, domain));
  const problem =
    whyProtected(domain, held, { protect: session.protect ?? [], next: 'retire the domain' }) ??
    whyClaimed(domain, { snapshot, held, desired: plan.desired, mayClaim }) ??
    (await whyNeeded(
      held.filter((one) => one.domain === domain),
      session,
      signal,
    ));
  if (!problem) (pinned ?? session).checkOutcome?.(outcomeOf(held, { changes, desired: plan.desired }));
  const { owner, stage, scopes } = report;
  const unknown = changes.length === 0 ? [unknownDomain(domain, held)] : [];
  const warnings = [...unknown, ...stillPublished(domain, session)];
  const refused = problem && formatProblem(problem);
  return { owner, stage, scopes, quarantined: [], changes, kept: [], refused, warnings };
}

/** Warns of publications: they are outside the control plane, so `retire` does not touch them. */
function stillPublished(domain: string, { publications = [] }: Session): readonly string[] {
  return publications
    .filter((one) => one.domain === domain)
    .map(
      ({ name }) =>
        `${name} keeps the instances of domain ${domain}: remove the domain from publish, and deregister the instances that nobody should find`,
    );
}

/**
 * Returns why other entities forbid the removal. Kong deletes plugins together with their service,
 * and refuses to delete a service with routes.
 */
async function whyNeeded(
  leaving: readonly HeldEntity[],
  { config: { controlPlane } }: Session,
  signal: AbortSignal,
): Promise<Problem | undefined> {
  if (leaving.length === 0) return undefined;
  const api = await backendOf(controlPlane).openEntities?.(signal);
  const others = api ? await readDependants(api, leaving, signal) : [];
  if (others.length === 0) return undefined;
  const reason = `entities that this owner did not write depend on the domain: ${others.join(', ')}`;
  return { reason, fix: 'move or delete these entities first' };
}

type Confirming = { readonly options: RetireOptions; readonly session: Session; readonly signal: AbortSignal };

/**
 * Returns the plan to carry out, or the refusal. Plans again after the answer, because people take
 * their time (fm-36).
 */
async function confirmPlan(shown: Report, domain: string, { options, session, signal }: Confirming): Promise<Report> {
  if (shown.refused || options.yes || shown.changes.length === 0) return shown;
  const text = `Remove domain ${domain} from ${session.stage ?? 'the control plane'}?`;
  const refused = await whyUnconfirmed({ text, flag: '--yes' }, options);
  if (refused) return { ...shown, refused };
  const now = await planRetire(domain, session, signal);
  const unseen = unseenOf(shown.changes, now.changes);
  if (now.refused || unseen.length === 0) return now;
  return { ...now, refused: `${unseen.join(', ')} appeared after the question; review the plan, and answer again` };
}

async function removeAll(report: Report, session: Session, signal: AbortSignal): Promise<Report> {
  const { changes } = report;
  if (changes.length === 0) return report;
  const onApplied = (applied: Parameters<NonNullable<Session['onApplied']>>[0]) =>
    session.onApplied?.(applied, changes.length);
  const { results } = await writing(session, signal, async (writer, own) => {
    // The pinned revision determines the base files to write with the remaining entities.
    const leaving = changes.flatMap(({ before, id }) => (before ? [{ ...before, id }] : []));
    const { pinned } = (await writer.memory?.readPin(leaving)) ?? {};
    return applyChanges(changes, { ...writer, ...pinned, signal: own, onApplied });
  });
  return { ...report, applied: results };
}

/** Returns the part of the report that was not shown yet. */
function untoldOf(done: Report, shown: Report): Report {
  return { ...done, changes: [], scopes: [], warnings: [], refused: shown.refused ? undefined : done.refused };
}

function summaryOf({ changes, applied }: Report, domain: string): string {
  if (!applied)
    return changes.length === 0 ? 'Nothing was removed' : `Nothing was removed; entities that stay: ${changes.length}`;
  const removed = applied.filter((one) => one.outcome === 'applied').length;
  const all = removed === applied.length;
  return all
    ? `Domain ${domain} is retired`
    : `Removed ${removed} of ${applied.length} entities; run retire again for the rest`;
}
