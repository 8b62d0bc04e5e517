import { groupBy } from '#core/group-by';
import { zoneOf } from '#deck/affinity';
import { nameInParent, parentOfKey } from '#deck/keys';
import { formatRows, formatTable } from '#io/table';
import { type Colour, paint, type Terminal } from '#io/terminal';
import { wrapLines } from '#io/wrap';
import { type Action, actions, type Change } from '../plan/changes';

const colours: Readonly<Record<Action, Colour>> = { create: 'green', update: 'yellow', delete: 'red' };

const indent = '  ';

/**
 * Longer lists are counted by domain, unless the caller asks for each change: more fills several
 * screens.
 */
const mostListed = 60;

export type ChangesView = {
  /** Lists each change, however many. */
  readonly isVerbose?: boolean;
};

/** Lists the changes by domain, each with its reason. Long lists become counts for each domain. */
export function formatChanges(changes: readonly Change[], terminal: Terminal, { isVerbose }: ChangesView): string {
  const byDomain = [...groupBy(changes, ({ domain }) => domain)].sort(([a], [b]) => (a < b ? -1 : 1));
  if (!isVerbose && changes.length > mostListed && byDomain.length > 1) return formatByDomain(byDomain, terminal);
  return byDomain
    .map(([domain, group]) => `${paint(terminal, 'bold', domain)}\n${formatGroup(group, terminal)}`)
    .join('');
}

function formatByDomain(byDomain: readonly (readonly [string, readonly Change[]])[], { columns }: Terminal): string {
  const rows = byDomain.map(([domain, group]) => {
    const counts = actions.map((action) => countOf(group, action));
    return [domain, ...counts.map(String)];
  });
  const [domain] = byDomain[0] ?? ['DOMAIN'];
  const footer = `--verbose lists each change. diff --domain ${domain} lists those of one domain.`;
  return `${formatTable(['DOMAIN', 'CREATE', 'UPDATE', 'DELETE'], rows, columns)}${wrapLines(footer, columns ?? Number.POSITIVE_INFINITY)}\n`;
}

export function countOf(changes: readonly Change[], action: Action): number {
  return changes.filter((change) => change.action === action).length;
}

/**
 * A table with one row for each change. Changes come sorted by action, so rows of one action stand
 * together.
 */
export function formatGroup(changes: readonly Change[], terminal: Terminal): string {
  const rows = changes.map((change) => [change.action, change.kind, nameOfChange(change), change.reason]);
  const columns = terminal.columns && terminal.columns - indent.length;
  const [head = '', ...more] = formatRows(['ACTION', 'KIND', 'NAME', 'WHY'], rows, columns);
  const painted = more.map((row, index) => paint(terminal, colours[changes[index]?.action ?? 'update'], row));
  return [paint(terminal, 'dim', head), ...painted].map((row) => `${row.replace(/^/gm, indent)}\n`).join('');
}

/**
 * Names the upstream too: an address stands in the domain's own upstream and in upstreams of zones,
 * with different weights.
 */
function nameOfChange(change: Change): string {
  const name = nameInParent(change.key);
  if (change.kind !== 'target' || zoneOf(change) === undefined) return name;
  const weight = (change.after ?? change.before)?.fields.weight;
  return `${name} in ${parentOfKey(change.key)}${weight === undefined ? '' : `, weight ${weight}`}`;
}
