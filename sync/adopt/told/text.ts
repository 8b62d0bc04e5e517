import { formatProblem } from '#core/errors';
import { printableData, shellWord } from '#core/printable';
import { formatTable } from '#io/table';
import { type Colour, paint, type Terminal } from '#io/terminal';
import { formatScopes } from '../../pass/report-text';
import type { AdoptableView, AdoptView } from './view';

/** The form in which tags are printed. */
export type TagsForm = 'aws' | 'terraform';

/** Formats the adoptable services for people: a table, details of each, and the tags. */
export function formatAdopt(told: AdoptView, form: TagsForm, terminal: Terminal): string {
  const { commands, terraform, ...rest } = told;
  const { adoptable, notes, scopes, place } = printableData(rest);
  const head = ['DOMAIN', 'SERVICE', 'LEADS TO', 'ENDPOINTS', 'OUTCOME'];
  const rows = adoptable.map((one) => [
    one.domain,
    one.service.key,
    one.host,
    one.endpoints.map(({ id }) => id).join(' ') || 'not seen',
    outcomeOf(one),
  ]);
  const nothing = `No service that people wrote in ${place} points at a known endpoint\n`;
  return [
    rows.length > 0 ? formatTable(head, rows, terminal.columns) : nothing,
    ...adoptable.map((one) => formatOne(one, terminal)),
    formatTags(form === 'aws' ? commands.join('\n') : terraform, terminal),
    ...notes.map((note) => `${paint(terminal, 'yellow', 'note')} ${note}\n`),
    formatScopes(scopes, terminal),
    formatSummary(adoptable),
    formatNext(adoptable),
  ].join('');
}

function outcomeOf({ refused, differences }: AdoptableView): string {
  if (refused) return 'refused';
  const { length } = differences;
  return length === 0 ? 'same behaviour' : `${length} difference${length === 1 ? '' : 's'}`;
}

function formatOne(one: AdoptableView, terminal: Terminal): string {
  const { domain, service, refused, keeps, changes, differences, findings } = one;
  const line = (colour: Colour, what: string) => (text: string) => `  ${paint(terminal, colour, what)} ${text}\n`;
  const head = `${paint(terminal, 'bold', domain)} (service ${service.key})\n`;
  if (refused) return head + line('yellow', 'refused')(formatProblem(refused));
  const differs = differences.map(
    ({ entity, field, before, after, why }) =>
      `${entity.replace(':', ' ')} ${field}: ${JSON.stringify(before)} -> ${JSON.stringify(after)}; ${why}`,
  );
  return [
    head,
    ...keeps.map(line('dim', 'keeps')),
    ...changes.map(line('green', 'changes')),
    ...differs.map(line('red', 'differs')),
    ...findings.map(line('yellow', 'finding')),
  ].join('');
}

/** Formats lines that are already quoted for a shell or for Terraform. */
function formatTags(lines: string, terminal: Terminal): string {
  return lines ? `${paint(terminal, 'bold', 'Tags')}\n${lines.trimEnd()}\n` : '';
}

function formatSummary(adoptable: readonly AdoptableView[]): string {
  const open = adoptable.filter(({ refused }) => !refused);
  const different = open.filter(({ differences }) => differences.length > 0).length;
  const same = open.length - different;
  return `${same} can be adopted as they are, ${different} with differences, ${adoptable.length - open.length} refused\n`;
}

/** Returns the next command; empty when all services are refused. */
function formatNext(adoptable: readonly AdoptableView[]): string {
  const open = adoptable.filter(({ refused }) => !refused);
  const [one] = [...open.filter(({ differences }) => differences.length === 0), ...open];
  if (!one) return '';
  const overrides = new Set(one.differences.map(({ entity }) => shellWord(entity)));
  const words = [
    'kong-privatelink adopt --apply',
    one.domain,
    ...[...overrides].map((entity) => `--override ${entity}`),
  ];
  const first = Object.values(one.tags).some((tags) => Object.keys(tags).length > 0) ? 'put the tags on, then ' : '';
  return `Next: ${first}${words.join(' ')}\n`;
}
