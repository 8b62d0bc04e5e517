import { unprintableInLines } from '#core/printable';
import { aroundTemplates } from './templates';
import { asWritten, isAuthored, isMapping, type Yaml, type YamlMapping } from './values';

/** go-yaml searches the colon of a key within this many characters. */
const mostKey = 1_000;
/** Characters that YAML cannot hold unescaped. */
const unwritable = new RegExp(`${unprintableInLines.source}|[\\ufffe\\uffff]`, 'gu');

/**
 * Writes YAML that every version of YAML reads alike: texts and keys in double quotes, on one line
 * (fm-57). Text between decK's marks stays as it is (fm-58). Authored scalars stay as written.
 */
export function writeYaml(file: YamlMapping): string {
  return `${blockOf(file, 0)}\n`;
}

/** The entries or items. All but the first begin their line at `column`. */
function blockOf(value: readonly Yaml[] | YamlMapping, column: number): string {
  const parts = Array.isArray(value)
    ? value.map((item) => `-${behindDash(item, column)}`)
    : Object.entries(value).map(([key, field]) => `${keyOf(key, column)}:${behindKey(field, column)}`);
  return parts.join(newLine(column));
}

function behindDash(item: Yaml, column: number): string {
  return isBlock(item) ? ` ${blockOf(item, column + 2)}` : ` ${inLine(item, column)}`;
}

/**
 * Lists begin in the column of their key, as decK writes them. So templates that indent (`| indent
 * 4`) keep their column.
 */
function behindKey(field: Yaml, column: number): string {
  if (!isBlock(field)) return ` ${inLine(field, column)}`;
  const inner = Array.isArray(field) ? column : column + 2;
  return newLine(inner) + blockOf(field, inner);
}

function keyOf(key: string, column: number): string {
  const text = quote(key);
  return text.length > mostKey ? `? ${text}${newLine(column)}` : text;
}

function isBlock(value: Yaml): value is readonly Yaml[] | YamlMapping {
  if (Array.isArray(value)) return value.length > 0 && !isFlow(value);
  return isMapping(value) && Object.keys(value).length > 0;
}

/** Lists of numbers are long (every alive status), and one line each would tell nothing. */
function isFlow(list: readonly Yaml[]): boolean {
  const isInLine = list.every((item) => !Array.isArray(item) && !isMapping(item));
  return isInLine && (list.every((item) => typeof item === 'number') || list.some(isFlowItem));
}

function isFlowItem(item: Yaml): boolean {
  return isAuthored(item) && item.isFlowItem;
}

function inLine(value: Yaml, column: number): string {
  if (isAuthored(value)) return value[asWritten](column);
  if (Array.isArray(value)) return `[${value.map((item) => inLine(item, column)).join(', ')}]`;
  return typeof value === 'string' ? quote(value) : JSON.stringify(value);
}

/** The text in double quotes, with its templates unchanged. */
function quote(text: string): string {
  return `"${aroundTemplates(text, escapeText)}"`.replace(unwritable, escapeCharacter);
}

/** The text in double quotes, without a template for decK. */
export function quoteLiterally(text: string): string {
  return `"${escapeText(text)}"`.replace(unwritable, escapeCharacter);
}

/** Whether a text may stand in a file unescaped. */
export function isWritable(text: string): boolean {
  return text.search(unwritable) < 0;
}

/** Escapes as JSON does, and decK's mark. UTF-8 has no half of a character. */
function escapeText(text: string): string {
  const json = JSON.stringify(text.replace(/\p{Cs}/gu, '\ufffd'));
  return json.slice(1, -1).replaceAll('${{', '\\x24{{');
}

function escapeCharacter(character: string): string {
  return `\\U${character.codePointAt(0)?.toString(16).padStart(8, '0')}`;
}

function newLine(column: number): string {
  return `\n${' '.repeat(column)}`;
}
