import { PrivatelinkError, quoteOf } from '#core/errors';
import { findMessage, type MessageEntry, messageKinds, nearestMessages } from '#core/messages/registry';
import { domainPattern } from '#core/names';
import { runbookOf } from '#io/metrics/alerts';
import { paint, type Terminal } from '#io/terminal';
import { wrapWords } from '#io/wrap';
import { conditionWords } from '../../watch/log/conditions';
import { called } from '../called';

/** Codes of errors and names of alerts. No domain, address, path or endpoint has this form. */
const isWrittenAsCode = /^([A-Z]+(_[A-Z]+)*|KongPrivatelink\w*)$/;

/** Options that are about a domain or a request, and so never about a code. */
const askingOptions = ['stage', 'zone', 'method', 'host', 'header', 'worker'] as const;

type Asked = { readonly question: string } & Readonly<Partial<Record<(typeof askingOptions)[number], unknown>>>;

/**
 * Returns the entry of the code in the question. Undefined: the question is about a domain or a
 * request. Throws PrivatelinkError (CONFIG_INVALID) for an unknown word in the form of a code.
 */
export function entryAsked(options: Asked): MessageEntry | undefined {
  const { question } = options;
  if (askingOptions.some((name) => options[name] !== undefined)) return undefined;
  const entry = findMessage(question) ?? entryOfCondition(question.trim());
  if (entry ?? !isWrittenAsCode.test(question)) return entry;
  const near = nearestMessages(question);
  const meant = near.length > 0 ? `ask for ${near.join(' or ')}` : 'docs/troubleshooting.md lists all codes';
  const fix = `${meant}; a domain is written in lower case`;
  throw new PrivatelinkError(`there is no code ${quoteOf(question)}`, { code: 'CONFIG_INVALID', fix });
}

/** Returns the entry of a log message that tells how a condition goes on or ends. */
function entryOfCondition(message: string): MessageEntry | undefined {
  const words = Object.values(conditionWords).find(({ lasts, ends, restless }) => {
    const others: readonly string[] = [lasts, ends, restless];
    return others.includes(message);
  });
  return words && findMessage(words.begins);
}

/** Returns the page of the manual with more. Undefined: the entry says all. */
export function pageOf({ id, kind, see }: MessageEntry): string | undefined {
  if (kind === 'alert') return runbookOf(id);
  return see === undefined ? undefined : `docs/${see}`;
}

/** Returns the `--json` form of an entry. */
export function entryView(entry: MessageEntry) {
  const { id, kind, text, causes, exit, transient } = entry;
  return { id, kind, text, causes, exitCode: exit?.code, exitWhen: exit?.when, transient, see: pageOf(entry) };
}

const most = 100;

/** Formats the entry for people who asked the question, in lines of the terminal's width. */
export function formatEntry(entry: MessageEntry, question: string, terminal: Terminal): string {
  const { id, kind, text, causes, exit, transient } = entry;
  const columns = Math.min(terminal.columns ?? most, most);
  const about = [
    `${messageKinds[kind].title}: ${messageKinds[kind].where}`,
    ...(exit ? [`Exit code ${exit.code}, ${exit.when}`] : []),
    ...(transient === undefined ? [] : [transient ? 'A retry may help' : 'A retry alone does not help']),
    ...(pageOf(entry) === undefined ? [] : [`More: ${pageOf(entry)}`]),
    ...(domainPattern.test(question) ? [`A domain of this name: ${called} explain /${question}`] : []),
  ];
  const reasons = causes.flatMap(({ cause, fix, command }) => [
    '',
    ...indented(`Cause: ${cause}`, columns),
    ...indented(`Fix:   ${fix}`, columns),
    ...(command === undefined ? [] : [`Run:   ${asCalled(command)}`]),
  ]);
  const lines = [paint(terminal, 'bold', id), ...wrapWords(text, columns), ...reasons, '', ...about];
  return `${lines.map((line) => line.replaceAll('`', '')).join('\n')}\n`;
}

function indented(text: string, columns: number): readonly string[] {
  const [first = '', ...rest] = wrapWords(text.slice(7), columns - 7);
  return [`${text.slice(0, 7)}${first}`, ...rest.map((line) => `       ${line}`)];
}

function asCalled(command: string): string {
  return command.replace(/^kong-privatelink(?= )/, called);
}
