import { PrivatelinkError } from '../../core/errors';
import { domainPattern } from '../../core/names';
import { applyChanges } from '../apply';
import { openEntities } from '../backends';
import type { HeldEntity } from '../control-plane';
import { readDependants } from '../kong-api/dependants';
import { formatCounts, formatReport } from '../output/report-text';
import { outcomeOf } from '../plan';
import { exitCodeOfSync, hasNoCredentials, type Report } from '../report';
import { planRetirement, unknownDomain, whyClaimed } from '../retire';
import { planOnce } from '../run-once';
import { openSession } from '../session';
import type { Command, CommandOptions } from './command';

type Session = ReturnType<typeof openSession>;

/** Takes a domain out of the control plane: says what leaves, asks, then removes it. */
export const runRetire: Command = async (options, signal) => {
  const domain = domainOf(options);
  const session = openSession({ ...options, isReadOnly: true });
  const report = await planRetire(domain, session, signal);
  const { terminal, json } = options;
  if (!json) terminal.out(formatReport(report, terminal));
  const refused = report.refused ?? (await whyNotConfirmed(report, domain, options));
  const done = refused ? { ...report, refused } : await removeAll(report, session, signal);
  if (json) terminal.out(`${JSON.stringify(done)}\n`);
  else terminal.out(`${formatReport(untoldOf(done, report), terminal)}${summaryOf(done, domain)}\n`);
  return exitCodeOfSync(done);
};

function domainOf({ domain = '' }: CommandOptions): string {
  if (domainPattern.test(domain)) return domain;
  const message = `retire: "${domain}" is no name of a domain (lowercase letters, digits and dashes)`;
  throw new PrivatelinkError(message, { code: 'CONFIG_INVALID', transient: false });
}

async function planRetire(domain: string, session: Session, signal: AbortSignal): Promise<Report> {
  const { held, plan, report } = await planOnce({ ...session, publications: [] }, signal);
  const changes = planRetirement(domain, held);
  const unreadable =
    'no scope could be read, so nobody knows whether an endpoint claims the domain: mend the credentials first';
  const refused =
    (hasNoCredentials(report) ? unreadable : whyClaimed(domain, plan.desired)) ??
    (await whyNeeded(
      held.filter((one) => one.domain === domain),
      session,
      signal,
    ));
  if (!refused) session.checkOutcome?.(outcomeOf(held, { changes, desired: plan.desired }));
  const { owner, scopes } = report;
  const unknown = changes.length === 0 ? [unknownDomain(domain, held)] : [];
  const warnings = [...unknown, ...stillPublished(domain, session)];
  return { owner, scopes, quarantined: [], changes, kept: [], refused, warnings };
}

/** What `retire` does not touch, since it is not in the control plane. */
function stillPublished(domain: string, { publications = [] }: Session): readonly string[] {
  return publications
    .filter((one) => one.domain === domain)
    .map(
      ({ name }) =>
        `${name} keeps what is registered for domain ${domain}: take it out of publish, and deregister what nobody should find any more`,
    );
}

/** Why others would lose something: Kong takes plugins along with their service, and refuses to delete one that has routes. */
async function whyNeeded(
  leaving: readonly HeldEntity[],
  { config: { controlPlane } }: Session,
  signal: AbortSignal,
): Promise<string | undefined> {
  if (leaving.length === 0) return undefined;
  const api = await openEntities(controlPlane, signal);
  const others = api ? await readDependants(api, leaving, signal) : [];
  if (others.length === 0) return undefined;
  return `entities that are not this owner's hang on it: ${others.join(', ')}; move or delete them first`;
}

async function whyNotConfirmed(
  { changes }: Report,
  domain: string,
  { terminal, json, yes }: CommandOptions,
): Promise<string | undefined> {
  if (yes || changes.length === 0) return undefined;
  if (json || !terminal.confirm) return 'nobody is there to confirm this: look at it, then add --yes';
  return (await terminal.confirm(`Remove domain ${domain} from the control plane?`)) ? undefined : 'not confirmed';
}

async function removeAll(report: Report, session: Session, signal: AbortSignal): Promise<Report> {
  const { changes } = report;
  if (changes.length === 0) return report;
  const onApplied = (applied: Parameters<NonNullable<Session['onApplied']>>[0]) =>
    session.onApplied?.(applied, changes.length);
  const { results } = await applyChanges(changes, { ...session, signal, onApplied });
  return { ...report, applied: results };
}

/** What was not said yet: the plan and what was unknown are above it. */
function untoldOf(done: Report, shown: Report): Report {
  return { ...done, changes: [], scopes: [], warnings: [], refused: shown.refused ? undefined : done.refused };
}

function summaryOf({ changes, applied }: Report, domain: string): string {
  if (!applied) return `Nothing was removed: ${formatCounts(changes)}`;
  const removed = applied.filter((one) => one.outcome === 'applied').length;
  const all = removed === applied.length;
  return all
    ? `Domain ${domain} is retired`
    : `Removed ${removed} of ${applied.length} entities; run retire again for the rest`;
}
