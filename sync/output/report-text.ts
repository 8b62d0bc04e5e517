import { groupBy } from '../../core/group-by';
import type { Quarantined } from '../../core/model';
import type { Action, Change, Kept } from '../changes';
import type { AppliedChange, Report, ScopeReport } from '../report';
import { type Colour, paint, type Terminal } from './terminal';

const signs: Readonly<Record<Action, { readonly sign: string; readonly colour: Colour }>> = {
  create: { sign: '+', colour: 'green' },
  update: { sign: '~', colour: 'yellow' },
  delete: { sign: '-', colour: 'red' },
};

/** Scopes that are unknown, with what is wrong and how old the data is that is used instead. */
export function formatScopes(scopes: readonly ScopeReport[], terminal: Terminal): string {
  return scopes
    .filter((scope) => scope.status === 'unknown')
    .map(({ id, reason, ageMs }) => {
      const used =
        ageMs === undefined
          ? 'nothing is known of it, its targets stay'
          : `what was known ${Math.round(ageMs / 1_000)} s ago is used`;
      return `${paint(terminal, 'yellow', 'unknown scope')} ${id}: ${reason} (${used})\n`;
    })
    .join('');
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

/** The changes by domain, each with its reason. */
function formatChanges(changes: readonly Change[], terminal: Terminal): string {
  return [...groupBy(changes, (change) => change.domain)]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([domain, group]) => `${paint(terminal, 'bold', domain)}\n${formatGroup(group, terminal)}`)
    .join('');
}

function formatGroup(changes: readonly Change[], terminal: Terminal): string {
  const width = Math.max(...changes.map(({ key }) => shortKey(key).length));
  return changes
    .map(({ action, kind, key, reason }) => {
      const { sign, colour } = signs[action];
      const what = `${sign} ${kind.padEnd(8)} ${shortKey(key).padEnd(width)}`;
      return `  ${paint(terminal, colour, what)}  ${paint(terminal, 'dim', reason)}\n`;
    })
    .join('');
}

/** A target without the name of its upstream, which is in the heading. */
function shortKey(key: string): string {
  return key.slice(key.lastIndexOf('|') + 1);
}

function formatKept(kept: readonly Kept[], terminal: Terminal): string {
  return [...groupBy(kept, ({ domain, reason }) => `${domain}: ${reason}`)]
    .map(
      ([why, group]) =>
        `${paint(terminal, 'dim', 'kept')} ${group.map(({ key }) => shortKey(key)).join(' ')} of ${why}\n`,
    )
    .join('');
}

/** More changes than this with one reason are counted instead of listed. */
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
  const count = (action: Action) => changes.filter((change) => change.action === action).length;
  return `${count('create')} to create, ${count('update')} to update, ${count('delete')} to delete`;
}

/** All of a report that concerns a person: warnings first, then what changes and why, then what came of it. */
export function formatReport(report: Report, terminal: Terminal): string {
  const { scopes, quarantined, changes, kept, applied, refused, warnings, rollout, conflicts = [] } = report;
  const ours = quarantined.filter((one) => one.code !== 'other-gateway');
  return [
    formatWarnings(warnings, terminal),
    formatScopes(scopes, terminal),
    formatQuarantined(ours, terminal),
    formatChanges(changes, terminal),
    formatKept(kept, terminal),
    conflicts.map((text) => `${paint(terminal, 'red', 'conflict')} ${text}\n`).join(''),
    applied ? formatFailures(applied, terminal) : '',
    refused ? `${paint(terminal, 'red', 'refused')} ${refused}\n` : '',
    rollout?.nodes ? `${rollout.inSync} of ${rollout.nodes} data planes run the new configuration\n` : '',
  ].join('');
}

/** What an unchanged control plane means: that all is well only where everything was read. */
export function formatUnchanged({ scopes }: Report): string {
  const unknown = scopes.filter((scope) => scope.status === 'unknown').length;
  if (unknown === 0) return 'The control plane is as it should be';
  return `Nothing to change as far as is known: ${unknown} of ${scopes.length} scopes could not be read`;
}
