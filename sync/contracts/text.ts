import { groupBy } from '#core/group-by';
import type { ContractFinding } from '#discovery/contracts/found/finding';
import { formatRows } from '#io/table';
import { type Colour, paint, type Terminal } from '#io/terminal';
import {
  type AppliedAction,
  actionSubject,
  type ContractAction,
  type ContractVerb,
  type WithheldActions,
} from './actions';
import { type ContractsReport, type ContractsSeen, type UnknownPart, unknownParts } from './report';

const colours: Readonly<Record<ContractVerb, Colour>> = {
  allow: 'green',
  accept: 'green',
  reject: 'red',
  disallow: 'red',
};

const indent = '  ';

/**
 * Formats a pass's part about contracts: unknown parts, findings, actions with reasons, results.
 */
export function formatContracts(report: ContractsReport, terminal: Terminal): string {
  const { findings, actions, applied, withheld = [], leftOut = [], unnecessary = [] } = report;
  return [
    formatUnknownParts(report, terminal),
    formatContractFindings({ findings: withoutActedOn(findings, actions) }, terminal),
    formatActions(actions, terminal),
    applied ? `${formatFailedActions(applied, terminal)}${countActed(applied)}\n` : '',
    withheld.map((one) => formatWithheldActions(one, terminal)).join(''),
    leftOut
      .map(({ action, error }) => `${paint(terminal, 'yellow', 'left out')} ${describeAction(action)}: ${error}\n`)
      .join(''),
    unnecessary
      .map((one) => `${paint(terminal, 'dim', 'not done')} ${describeAction(one)}: not needed any more, or outdated\n`)
      .join(''),
  ].join('');
}

/** Returns findings without an action; the table of actions shows the others. */
function withoutActedOn(findings: readonly ContractFinding[], actions: readonly ContractAction[]) {
  const acted = new Set(actions.map((one) => `${one.serviceId} ${actionSubject(one)}`));
  return findings.filter(
    ({ serviceId, endpointId, principal }) => !acted.has(`${serviceId} ${endpointId ?? principal}`),
  );
}

/** Formats unknown parts, grouped by reason, with the age of the data in use. */
export function formatUnknownParts(seen: Pick<ContractsSeen, 'services'>, terminal: Terminal): string {
  return [...groupBy(unknownParts(seen), ({ reason = '' }) => reason)]
    .map(([reason, group]) => {
      const names = [...groupBy(group, ({ service }) => service)]
        .map(([service, parts]) => `${parts.map(({ name }) => name).join(', ')} of ${service}`)
        .join('; ');
      return `${paint(terminal, 'yellow', 'unknown')} ${names}: ${reason} (${usedOf(group)})\n`;
    })
    .join('');
}

function usedOf(group: readonly UnknownPart[]): string {
  const ages = group.flatMap(({ ageMs }) => ageMs ?? []);
  const used = ages.length > 0 ? [`the answer from ${Math.round(Math.max(...ages) / 1_000)} s ago is used`] : [];
  return [...used, 'nothing is accepted, rejected, allowed or disallowed on unknown data'].join('; ');
}

export function formatContractFindings({ findings }: Pick<ContractsSeen, 'findings'>, terminal: Terminal): string {
  return findings
    .map(({ serviceId, endpointId, principal, reason, fix }) => {
      const who = [endpointId ?? principal ?? [], serviceId].flat().join(' at ');
      return `${paint(terminal, 'yellow', 'finding')} ${who}: ${reason}. Fix: ${fix}\n`;
    })
    .join('');
}

/** Formats the actions of each service as a table. */
function formatActions(actions: readonly ContractAction[], terminal: Terminal): string {
  return [...groupBy(actions, ({ serviceId }) => serviceId)]
    .map(([serviceId, group]) => {
      const rows = group.map((one) => [one.action, actionSubject(one), whoseOf(one), one.reason]);
      const columns = terminal.columns && terminal.columns - indent.length;
      const [head = '', ...more] = formatRows(['ACTION', 'WHAT', 'WHOSE', 'WHY'], rows, columns);
      const painted = more.map((row, index) => paint(terminal, colours[group[index]?.action ?? 'allow'], row));
      const table = [paint(terminal, 'dim', head), ...painted].map((row) => `${row.replace(/^/gm, indent)}\n`);
      return `${paint(terminal, 'bold', serviceId)}\n${table.join('')}`;
    })
    .join('');
}

/** Returns the consumer and account of an endpoint or a principal, for people. */
export function whoseOf({ consumer, account }: Pick<ContractAction, 'consumer' | 'account'>): string {
  if (consumer === undefined) return account ?? '-';
  return account === undefined ? consumer : `${consumer} (${account})`;
}

function formatFailedActions(applied: readonly AppliedAction[], terminal: Terminal): string {
  return applied
    .filter(({ outcome }) => outcome !== 'applied')
    .map(({ action, outcome, error }) => `${paint(terminal, 'red', outcome)} ${describeAction(action)}: ${error}\n`)
    .join('');
}

/** Returns one line, without the reason. */
export function describeAction(action: ContractAction): string {
  return `${action.action} ${actionSubject(action)} at ${action.serviceId}`;
}

function countActed(applied: readonly AppliedAction[]): string {
  const done = applied.filter(({ outcome }) => outcome === 'applied').length;
  return `${done} of ${applied.length} actions of contracts done`;
}

function formatWithheldActions({ reason, actions }: WithheldActions, terminal: Terminal): string {
  const label = paint(terminal, 'red', 'withheld');
  const lines = [...groupBy(actions, ({ action, serviceId }) => `${action} at ${serviceId}`)].map(
    ([what, group]) => `${label} ${what}: ${group.map(actionSubject).join(' ')}\n`,
  );
  return `${lines.join('')}${label} ${reason}\n`;
}
