import { groupBy } from '#core/group-by';
import type { Finding, Quarantined } from '#core/model';
import { printableData } from '#core/printable';
import { nameOf } from '#deck/document';
import { nameInParent } from '#deck/keys';
import { paint, type Terminal } from '#io/terminal';
import { formatContracts } from '../contracts/text';
import type { Rollout } from '../control-planes/control-plane';
import { unapproved } from '../plan/approval';
import { type AppliedChange, actions, type Change, type Kept } from '../plan/changes';
import { leaveOut } from '../plan/dependants';
import type { ForeignEntity } from '../plan/foreign-entities';
import type { ProtectedReport } from '../plan/protect/count';
import type { Withheld } from '../plan/removals/brake';
import type { PublicationReport } from '../publish/publish';
import { type ChangesView, countOf, formatChanges, formatGroup } from './changes-text';
import { isOurs, namesOf, type Report, type ScopeReport, unknownTogether, type Waits } from './report';

/** Lists unknown scopes, with the reason and the age of the data that is used instead. */
export function formatScopes(scopes: readonly ScopeReport[], terminal: Terminal): string {
  return unknownTogether(scopes)
    .map(({ reason, together }) => {
      const what = paint(terminal, 'yellow', together.length > 1 ? 'unknown scopes' : 'unknown scope');
      return `${what} ${namesOf(together)}: ${reason} (${usedOf(together)})\n`;
    })
    .join('');
}

function usedOf(scopes: readonly ScopeReport[]): string {
  const ages = scopes.flatMap(({ ageMs }) => ageMs ?? []);
  const neverRead = scopes.length - ages.length;
  const whose = scopes.length === 1 ? 'it' : `${neverRead} of them`;
  return [
    ...(ages.length > 0 ? [`what was known ${Math.round(Math.max(...ages) / 1_000)} s ago is used`] : []),
    ...(neverRead > 0 ? [`nothing is known of ${whose}, ${scopes.length === 1 ? 'its' : 'their'} targets stay`] : []),
  ].join('; ');
}

export function formatWarnings(warnings: readonly string[], terminal: Terminal): string {
  return warnings.map((text) => `${paint(terminal, 'yellow', 'warning')} ${text}\n`).join('');
}

export function formatQuarantined(quarantined: readonly Quarantined[], terminal: Terminal): string {
  return quarantined
    .map(({ endpointId, scopeId, domain, reason, fix }) => {
      const where = domain ? `${scopeId}, domain ${domain}` : scopeId;
      return `${paint(terminal, 'yellow', 'quarantined')} ${endpointId} in ${where}: ${reason}. Fix: ${fix}\n`;
    })
    .join('');
}

export function formatFindings(findings: readonly Finding[], terminal: Terminal): string {
  return findings
    .map(({ endpointIds, scopeId, reason, fix }) => {
      const who = `${endpointIds.join(' ')} in ${scopeId}`;
      return `${paint(terminal, 'yellow', 'finding')} ${who}: ${reason}. Fix: ${fix}\n`;
    })
    .join('');
}

function formatKept(kept: readonly Kept[], terminal: Terminal): string {
  return [...groupBy(kept, ({ domain, reason }) => `${domain}: ${reason}`)]
    .map(
      ([why, group]) =>
        `${paint(terminal, 'dim', 'kept')} ${group.map(({ key }) => nameInParent(key)).join(' ')} of ${why}\n`,
    )
    .join('');
}

/** Says what the plan does to protected entities. */
function formatProtected(guarded: readonly ProtectedReport[], terminal: Terminal): string {
  return guarded
    .map(({ entry, changes, kept }) => {
      const stays = kept === 0 ? [] : [`removals prevented: ${kept}`];
      const planned = changes === 0 ? [] : [`changes planned: ${changes}`];
      return `${paint(terminal, 'bold', 'protected')} ${entry}: ${[...stays, ...planned].join('; ')}\n`;
    })
    .join('');
}

/** More failures with the same reason are counted instead of listed. */
const listedFailures = 3;

function formatFailures(applied: readonly AppliedChange[], terminal: Terminal): string {
  const failures = applied.filter((one) => one.outcome !== 'applied');
  return [...groupBy(failures, ({ outcome, error }) => `${outcome} ${error}`).values()]
    .flatMap((group) =>
      group.length > listedFailures
        ? [formatFailure(group, terminal)]
        : group.map((one) => formatFailure([one], terminal)),
    )
    .join('');
}

function formatFailure(group: readonly AppliedChange[], terminal: Terminal): string {
  const [first] = group;
  if (!first) return '';
  const { action, kind, key } = first.change;
  const what = group.length > 1 ? `${group.length} changes` : `${action} ${kind} ${key}`;
  return `${paint(terminal, 'red', first.outcome)} ${what}: ${first.error}\n`;
}

/** `3 to create, 1 to update, 0 to delete`. */
export function formatCounts(changes: readonly Change[]): string {
  const [creates, updates, deletes] = actions.map((one) => countOf(changes, one));
  return `${creates} to create, ${updates} to update, ${deletes} to delete`;
}

/** Counts the changes of `sync`, and the changes that conflicts hold back. */
export function formatPlanned(changes: readonly Change[], foreign: readonly ForeignEntity[]): string {
  const taken = new Set(foreign.map(nameOf));
  const { left, leftOut } = leaveOut(changes, (change) => taken.has(nameOf(change)));
  const heldBack = leftOut.length > 0 ? `; ${leftOut.length} held back by the conflicts above` : '';
  return `${formatCounts(left)}${heldBack}`;
}

/** Counts the changes that were made, and says what to do about the rest. */
export function formatApplied(applied: readonly AppliedChange[]): string {
  const done = applied.filter((one) => one.outcome === 'applied').length;
  if (done === applied.length) return done === 1 ? 'Applied 1 change' : `Applied all ${done} changes`;
  const again = applied.some((one) => one.isTransient) ? '; run sync again for the rest' : '; the reasons are above';
  return `Applied ${done} of ${applied.length} changes${again}`;
}

function formatPinned(pinned: NonNullable<Report['pinned']>, terminal: Terminal): string {
  return `${paint(terminal, 'yellow', 'pinned')} ${pinnedTo(pinned)}\n`;
}

/** The text behind the word `pinned`: the revision of the pin, and the newest one if it waits. */
export function pinnedTo({ revision, newest }: NonNullable<Report['pinned']>): string {
  const waiting = newest === revision ? '' : `; the newest revision ${newest} waits`;
  return `to revision ${revision}${waiting} (rollback newest ends the pin)`;
}

/** Not a warning: waiting is a normal step of a rollout. */
function formatWaits({ newest, revision, reason }: Waits, terminal: Terminal): string {
  return `${paint(terminal, 'yellow', 'waits')} at revision ${revision}, newest is ${newest}: ${reason}\n`;
}

/**
 * Formats the report for people: warnings first, then changes with reasons, then results. Texts
 * from elsewhere take one line each.
 */
export function formatReport(report: Report, terminal: Terminal, view: ChangesView = {}): string {
  const {
    scopes,
    quarantined,
    changes,
    kept,
    applied,
    refused,
    withheld,
    warnings,
    rollout,
    conflicts = [],
    pinned,
    waits,
    publications = [],
    contracts,
    protected: guarded = [],
    leftOut = [],
    unnecessary = [],
  } = printableData(report);
  return [
    pinned ? formatPinned(pinned, terminal) : '',
    waits ? formatWaits(waits, terminal) : '',
    formatWarnings(warnings, terminal),
    formatScopes(scopes, terminal),
    formatQuarantined(quarantined.filter(isOurs), terminal),
    formatChanges(changes, terminal, view),
    formatKept(kept, terminal),
    formatProtected(guarded, terminal),
    conflicts.map((text) => `${paint(terminal, 'red', 'conflict')} ${text}\n`).join(''),
    applied ? formatFailures(applied, terminal) : '',
    formatLeftOut(leftOut, terminal),
    formatUnnecessary(unnecessary, terminal),
    withheld ? formatWithheld(withheld, terminal) : '',
    refused ? `${paint(terminal, 'red', 'refused')} ${refused}\n` : '',
    publications.map((one) => formatPublication(one, terminal)).join(''),
    contracts ? formatContracts(contracts, terminal) : '',
    rollout?.nodes ? formatRollout(rollout) : '',
  ].join('');
}

/** Removals that wait for the operator's permission, by domain. The rest of the plan goes ahead. */
function formatWithheld({ reason, changes }: Withheld, terminal: Terminal): string {
  const label = paint(terminal, 'red', 'withheld');
  const lines = [...groupBy(changes, ({ domain }) => domain)].map(
    ([domain, group]) => `${label} ${group.map(({ key }) => nameInParent(key)).join(' ')} of ${domain}\n`,
  );
  return `${lines.join('')}${label} ${reason}\n`;
}

/** Appended to a summary: the number of withheld changes. */
export function summaryOfWithheld({ withheld }: Report): string {
  return withheld ? `; ${withheld.changes.length} withheld by the brake` : '';
}

/** Appended to a summary: the number of actions at the services of contracts. */
export function formatActing({ contracts }: Pick<Report, 'contracts'>): string {
  const count = contracts?.actions.length ?? 0;
  return count > 0 ? `; ${count} to do at the services of contracts` : '';
}

/** Data planes fetch their configuration themselves, seconds after the write. */
function formatRollout({ inSync, nodes }: Rollout): string {
  return `${inSync} of ${nodes} data planes run the new configuration${inSync < nodes ? ' so far' : ''}\n`;
}

/** Creates that wait for their own approval, by domain and reason. */
function formatLeftOut(leftOut: readonly AppliedChange[], terminal: Terminal): string {
  return [...groupBy(leftOut, ({ change, error }) => `${change.domain}: ${error}`)]
    .map(([why, group]) => {
      const names = group.map(({ change }) => `${change.kind} ${nameInParent(change.key)}`);
      return `${paint(terminal, 'yellow', 'left out')} ${names.join(', ')} of ${why}\n`;
    })
    .join('');
}

/** Approved changes that somebody made already, or without a cause by now. */
function formatUnnecessary(changes: readonly Change[], terminal: Terminal): string {
  return changes
    .map(({ action, kind, key }) => `${paint(terminal, 'dim', 'no longer needed')} ${action} ${kind} ${key}\n`)
    .join('');
}

/** The changes of one Cloud Map service and their results. */
function formatPublication(publication: PublicationReport, terminal: Terminal): string {
  const { name, domain, changes, kept, applied, conflicts = [], withheld, error } = publication;
  const red = (what: string, why: string) => `${paint(terminal, 'red', what)} ${domain} in ${name}: ${why}\n`;
  const done = applied?.filter((one) => one.outcome === 'applied').length;
  return [
    changes.length > 0 ? `${paint(terminal, 'bold', `${domain} in ${name}`)}\n${formatGroup(changes, terminal)}` : '',
    formatKept(kept, terminal),
    conflicts.map((text) => red('conflict', text)).join(''),
    applied ? `${formatFailures(applied, terminal)}${done} of ${changes.length} changes made in ${name}\n` : '',
    withheld ? formatWithheld(withheld, terminal) : '',
    error ? red('not published', error) : '',
  ].join('');
}

/**
 * The text when nothing changed. All is well only if every scope was read and nothing waits for
 * approval.
 */
export function formatUnchanged({ scopes, leftOut = [] }: Report): string {
  const unknown = scopes.filter((scope) => scope.status === 'unknown').length;
  if (leftOut.some(({ error }) => error !== unapproved))
    return 'Nothing of the approved plan can be written: make a new plan with diff --out';
  if (leftOut.length > 0) return 'Nothing of the approved plan is left to do';
  if (unknown === 0) return 'The control plane is as it should be';
  return `Nothing to change as far as is known: ${unknown} of ${scopes.length} scopes could not be read`;
}
