import { type Document, isAlias, isMap, isScalar, isSeq, LineCounter, type Node, type Pair, type YAMLMap } from 'yaml';
import { isProblem, messageOf } from '#core/errors';
import type { Json } from '#core/model';
import { parseYamlDocument } from '#core/yaml/parse';
import type { KeyPath, Mistake, Position, Sight } from './mistakes';

/** The values of a configuration's text, with their places. */
export type ConfigText = {
  readonly value: Json;
  /** Keys that cannot stand where they are. */
  readonly mistakes: readonly Mistake[];
  readonly positionOf: Sight['positionOf'];
};

/** Reads YAML. A syntax error is reported alone, because it hides the rest. */
export function readConfigText(text: string): ConfigText | readonly Mistake[] {
  const lines = new LineCounter();
  // Off, because the library compares each key with all others (fm-54).
  const document = parseYamlDocument(text, { lineCounter: lines, uniqueKeys: false });
  if (isProblem(document)) return [{ path: [], ...document }];
  if (document.errors.length > 0) return document.errors.map(mistakeOf);
  const positionAt = ({ range }: Node) => {
    const { line, col } = lines.linePos(range?.[0] ?? 0);
    return { line, column: col };
  };
  try {
    // Accepts only finite plain values: a YAML alias may stand inside its own anchor.
    const value: Json = JSON.parse(JSON.stringify(document.toJS()) ?? 'null');
    return {
      value,
      mistakes: strayKeys(document.contents, [], positionAt),
      positionOf: finderOf(document, positionAt),
    };
  } catch (thrown) {
    return [{ path: [], ...aliasMistake(thrown) }];
  }
}

function mistakeOf({ code, message, linePos }: Document['errors'][number]): Mistake {
  const start = linePos?.[0];
  const position = start && { line: start.line, column: start.col };
  if (code === 'MULTIPLE_DOCS')
    return { path: [], position, reason: 'another document begins', fix: 'take out --- and what follows' };
  // Removes the place, which is reported separately, and the quoted text, which may be a secret.
  const reason = message.replace(/(: "| at line \d).*$/s, '');
  return { path: [], position, reason, fix: 'correct the YAML there' };
}

/**
 * The parser throws one error for a missing anchor, and another for multiplying aliases. JSON
 * throws its own for a circle.
 */
function aliasMistake(thrown: unknown): Pick<Mistake, 'reason' | 'fix'> {
  const fix = 'write it out';
  if (thrown instanceof TypeError) return { reason: 'an alias (*name) stands within its own anchor (&name)', fix };
  if (messageOf(thrown).includes('Excessive alias count'))
    return { reason: 'aliases (*name) multiply what there is', fix };
  return { reason: 'an alias (*name) needs an anchor (&name) before it', fix: 'quote a text that starts with *' };
}

type PositionAt = (node: Node) => Position;

/** The last of two equal keys would win, and a key of every object (`__proto__`) would be lost. */
function strayKeys(node: unknown, path: KeyPath, positionAt: PositionAt): readonly Mistake[] {
  if (isSeq(node)) return node.items.flatMap((item, index) => strayKeys(item, [...path, index], positionAt));
  if (!isMap(node)) return [];
  const firsts = new Map<string, Position>();
  return node.items.flatMap(({ key, value }) => {
    const name = nameOf(key);
    const own = { path: [...path, name], isKey: true, position: positionAt(key as Node), fix: 'remove it' };
    const first = firsts.get(name);
    const stray = first
      ? [{ ...own, reason: `stands twice, first in line ${first.line}` }]
      : name === '__proto__'
        ? [{ ...own, reason: 'is no name that a key may have' }]
        : [];
    if (!first) firsts.set(name, own.position);
    return [...stray, ...strayKeys(value, own.path, positionAt)];
  });
}

/** Writes a key as the values name it. */
function nameOf(key: unknown): string {
  return isScalar(key) ? String(key.value ?? '') : String(key);
}

/** Finds the place of a path; for a missing key, the place of its mapping. */
function finderOf(document: Document, positionAt: PositionAt): Sight['positionOf'] {
  const indexes = new WeakMap<YAMLMap, ReadonlyMap<string, Pair>>();
  const pairOf = (map: YAMLMap, key: string) => {
    const index = indexes.get(map) ?? new Map(map.items.map((pair) => [nameOf(pair.key), pair]));
    indexes.set(map, index);
    return index.get(key);
  };
  return ({ path, isKey }) => {
    let node: unknown = document.contents;
    let found = node;
    for (const [depth, step] of path.entries()) {
      const inside = isAlias(node) ? node.resolve(document) : node;
      const pair = isMap(inside) ? pairOf(inside, String(step)) : undefined;
      node = isSeq(inside) ? inside.items[Number(step)] : pair?.value;
      if (!node && !pair) break;
      found = isKey && depth === path.length - 1 ? pair?.key : (node ?? pair?.key);
    }
    return found ? positionAt(found as Node) : { line: 1, column: 1 };
  };
}
