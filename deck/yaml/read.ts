import { type Alias, isAlias, isMap, isScalar, isSeq, type ParsedNode, type Scalar, type YAMLMap } from 'yaml';
import { isProblem, messageOf } from '#core/errors';
import { mostLevels, parseYamlDocument, tooDeep } from '#core/yaml/parse';
import { authoredScalar, isCut } from './authored';
import { plainValue } from './plain';
import { type Hidden, hideTemplates, lineNumberOf, whyNoYaml } from './templates';
import { isAuthored, isMapping, type Yaml, type YamlMapping } from './values';

/**
 * Characters that go-yaml does not read; tokens for templates use them. Also ends of lines that
 * YAML 1.2 does not know.
 */
const unreadable: readonly (readonly [RegExp, string])[] = [
  [/[^\t\n\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u, 'a control character'],
  [/[\x85\u2028\u2029]/, 'an end of line that only some YAML sees'],
];
/** Ten thousand entities have a tenth of this. A few lines may have more, by aliases of aliases. */
const mostNodes = 1_000_000;
const mergeKey = '<<';

/** A value with its number of nodes and its depth. */
type Found<T = Yaml> = { readonly value: T; readonly nodes: number; readonly levels: number };
type Reading = { readonly hidden: Hidden; readonly anchors: Map<string, Found> };

/**
 * The values that decK reads from a YAML file, by YAML 1.1 (fm-57), with merge keys resolved
 * (fm-59) and templates as written (fm-58). Throws an Error; its first line names the place and
 * quotes nothing of the file.
 */
export function readYaml(text: string): Yaml {
  const lines = text.replace(/^\ufeff/, '').replace(/\r\n?/g, '\n');
  for (const [pattern, name] of unreadable) {
    const at = lines.search(pattern);
    if (at >= 0) throw new Error(`${name} in line ${lineNumberOf(lines, at)}; write an escape, in double quotes`);
  }
  const hidden = hideTemplates(lines);
  const document = parseYamlDocument(hidden.text, {
    schema: 'failsafe',
    keepSourceTokens: true,
    // These would add dates and pairs, which decK does not know.
    resolveKnownTags: false,
    // The library would compare each key with all others (fm-54).
    uniqueKeys: false,
  });
  if (isProblem(document)) throw tooDeepFile();
  const [error] = document.errors;
  if (error) throw whyNoYaml(lines, error);
  return read(document.contents, { hidden, anchors: new Map() }).value;
}

type Node = ParsedNode | null | undefined;

function read(node: Node, reading: Reading, isInBrackets = false): Found {
  if (isAlias(node)) return within(node, reading, () => follow(node.source, reading));
  const own = within(node, reading, () => readOwn(node, reading, isInBrackets));
  if (node?.anchor) reading.anchors.set(node.anchor, own);
  return own;
}

/** Returns the result of `work`. Its error names the line of the innermost node. */
function within<T>(node: Node, { hidden }: Reading, work: () => T): T {
  try {
    return work();
  } catch (thrown) {
    const message = messageOf(thrown);
    throw /^line \d/.test(message)
      ? thrown
      : new Error(`line ${lineNumberOf(hidden.text, node?.range[0] ?? 0)}: ${message}`);
  }
}

function readOwn(node: Exclude<Node, Alias.Parsed>, reading: Reading, isInBrackets: boolean): Found {
  if (isMap(node)) return readMap(node, reading);
  if (!isSeq(node)) return found(isScalar(node) ? readScalar(node, reading, isInBrackets) : null, []);
  const items = node.items.map((item) => read(item, reading, node.flow));
  return found(
    items.map(({ value }) => value),
    items,
  );
}

/** An alias inside its own anchor would never end, and its value does not exist yet. */
function follow(anchor: string, reading: Reading): Found {
  const named = reading.anchors.get(anchor);
  if (!named) throw new Error('an alias names nothing before it; name an anchor that ends before the alias');
  return named;
}

/** A value made of parts, with aliases among them. */
function found<T extends Yaml>(value: T, parts: readonly Found[]): Found<T> {
  const nodes = parts.reduce((sum, part) => sum + part.nodes, 1);
  const levels = parts.reduce((most, part) => Math.max(most, part.levels), 0) + 1;
  if (nodes > mostNodes) throw new Error(`more than ${mostNodes} values; write fewer, or fewer aliases`);
  if (levels > mostLevels) throw tooDeepFile();
  return { value, nodes, levels };
}

function tooDeepFile(): Error {
  return new Error(`the file ${tooDeep.reason}: ${tooDeep.fix}`);
}

/**
 * As in decK, a merge key applies in its place: it overrides keys before it, and keys behind
 * override it (fm-59).
 */
function readMap({ items }: YAMLMap.Parsed, reading: Reading): Found<YamlMapping> {
  const fields = new Map<string, Yaml>();
  const names = new Set<string>();
  const parts = items.map(({ key, value }) => {
    const name = isMerge(key) ? undefined : within(key, reading, () => readKey(key, names, reading));
    const part = read(value, reading);
    const covering =
      name === undefined ? within(key, reading, () => mergedFields(part.value)) : [[name, part.value] as const];
    for (const [field, covered] of covering) fields.set(field, covered);
    return part;
  });
  return found(Object.fromEntries(fields), parts);
}

function isMerge(key: ParsedNode): boolean {
  if (!isScalar(key) || key.value !== mergeKey) return false;
  return key.tag ? key.tag === 'tag:yaml.org,2002:merge' : key.type === 'PLAIN';
}

/** The first of several mappings wins. */
function mergedFields(merged: Yaml): readonly (readonly [string, Yaml])[] {
  const maps = Array.isArray(merged) ? [...merged].reverse() : [merged];
  return maps.flatMap((map) => {
    if (!isMapping(map)) throw new Error('<< takes a mapping or a list of mappings; name one');
    return Object.entries(map);
  });
}

/** Of two equal keys decK takes the second, without a warning. */
function readKey(node: ParsedNode, names: Set<string>, reading: Reading): string {
  const name = nameOfKey(read(node, reading).value);
  if (isScalar(node) && name === node.value && name.includes('${{'))
    throw new Error('a key looks like a template but is none; write it without `${{`');
  if (names.has(name)) throw new Error('a key appears twice; remove one');
  names.add(name);
  return name;
}

function nameOfKey(key: Yaml): string {
  if (isAuthored(key)) return key.text;
  const isName = typeof key === 'string' || typeof key === 'boolean' || (typeof key === 'number' && isShort(key));
  if (!isName) throw new Error('a key that is no text; put it in quotes');
  return String(key);
}

/** decK writes a number as a key with 32 bits. */
function isShort(key: number): boolean {
  return Number.isSafeInteger(key) || /^-?[0-9.]{1,7}$/.test(String(key));
}

/** YAML types that JSON and decK have. */
const typesByTag: Readonly<Record<string, string>> = {
  int: 'number',
  float: 'number',
  bool: 'boolean',
  null: 'object',
};

function readScalar(scalar: Scalar.Parsed, { hidden }: Reading, isInBrackets: boolean): Yaml {
  const text = textOf(scalar);
  if (/\p{Cs}/u.test(text)) throw new Error('half a character, by an escape; write the character');
  const restored = hidden.restore(text);
  if (restored !== text && marksIn(text) !== marksIn(hidden.text.slice(scalar.range[0], scalar.range[1])))
    throw new Error('no character, by an escape; write one');
  if (restored.includes('${{')) return authoredScalar(scalar, { value: text, hidden, isInBrackets });
  if (!scalar.tag) return scalar.type === 'PLAIN' ? plainValue(text) : text;
  const tag = scalar.tag.replace('tag:yaml.org,2002:', '');
  if (tag === 'binary') throw new Error('!!binary is a text to decK; write that text in quotes');
  const type = typesByTag[tag];
  if (!type) return text;
  const value = plainValue(text);
  if (typeof value !== type) throw new Error(`!!${tag} is none; correct it`);
  return value;
}

/** Counts the marks that hide templates in a text. */
function marksIn(text: string): number {
  return text.split('\uffff').length;
}

/** decK drops the last line end of a block at the end of a file without one. */
function textOf({ value, srcToken }: Scalar.Parsed): string {
  return isCut(srcToken) ? String(value).replace(/\n$/, '') : String(value);
}
