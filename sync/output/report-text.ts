import { groupBy } from '../../core/group-by';
import type { Quarantined } from '../../core/model';
import type { Action, Change, Kept } from '../changes';
import type { AppliedChange, Report, ScopeReport } from '../report';
import { type Colour, formatTable, paint, type Terminal } from './terminal';

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

export function formatQuarantined(quarantined: readonly Quarantined[], terminal: Terminal): string {
  return quarantined
    .map(
      ({ endpointId, scopeId, reason, fix }) =>
        `${paint(terminal, 'yellow', 'quarantined')} ${endpointId} in ${scopeId}: ${reason}. Fix: ${fix}\n`,
    )
    .join('');
}

/** The changes by domain, each with its reason. */
export function formatChanges(changes: readonly Change[], terminal: Terminal): string {
  return [...groupBy(changes, (change) => change.domain)]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(
      ([domain, group]) =>
        `${paint(terminal, 'bold', domain)}\n${group.map((one) => formatChange(one, terminal)).join('')}`,
    )
    .join('');
}

function formatChange({ action, kind, key, reason }: Change, terminal: Terminal): string {
  const { sign, colour } = signs[action];
  return `  ${paint(terminal, colour, `${sign} ${kind.padEnd(8)} ${shortKey(key)}`)}  ${paint(terminal, 'dim', reason)}\n`;
}

/** A target without the name of its upstream, which is in the heading. */
function shortKey(key: string): string {
  return key.slice(key.lastIndexOf('|') + 1);
}

function formatKept(kept: readonly Kept[], terminal: Terminal): string {
  return kept
    .map(({ key, domain, reason }) => `${paint(terminal, 'dim', 'kept')} ${domain} ${shortKey(key)}: ${reason}\n`)
    .join('');
}

function formatFailures(applied: readonly AppliedChange[], terminal: Terminal): string {
  return applied
    .filter((one) => one.outcome !== 'applied')
    .map(
      ({ change, outcome, error }) =>
        `${paint(terminal, 'red', outcome)} ${change.action} ${change.kind} ${change.key}: ${error}\n`,
    )
    .join('');
}

/** `3 to create, 1 to update, 0 to delete`. */
export function formatCounts(changes: readonly Change[]): string {
  const count = (action: Action) => changes.filter((change) => change.action === action).length;
  return `${count('create')} to create, ${count('update')} to update, ${count('delete')} to delete`;
}

/** All of a report that concerns a person: warnings first, then what changes and why, then what came of it. */
export function formatReport(report: Report, terminal: Terminal): string {
  const { scopes, quarantined, changes, kept, applied, refused, warnings, rollout } = report;
  return [
    warnings.map((text) => `${paint(terminal, 'yellow', 'warning')} ${text}\n`).join(''),
    formatScopes(scopes, terminal),
    formatQuarantined(quarantined, terminal),
    formatChanges(changes, terminal),
    formatKept(kept, terminal),
    applied ? formatFailures(applied, terminal) : '',
    refused ? `${paint(terminal, 'red', 'refused')} ${refused}\n` : '',
    rollout?.nodes ? `${rollout.inSync} of ${rollout.nodes} data planes run the new configuration\n` : '',
  ].join('');
}

export function formatEndpoints(rows: readonly (readonly string[])[]): string {
  return rows.length > 0 ? formatTable(['DOMAIN', 'ENDPOINT', 'STATE', 'SCOPE', 'ADDRESSES'], rows) : '';
}
