import type { CST, Scalar } from 'yaml';
import { type Hidden, refuseHalves } from './templates';
import { type Authored, asWritten } from './values';
import { isWritable, quoteLiterally } from './write';

type Place = {
  /** The content of the scalar, with tokens in place of templates. */
  readonly value: string;
  readonly hidden: Hidden;
  /** Whether it is an item of a list in brackets. */
  readonly isInBrackets: boolean;
};
type At = Authored[typeof asWritten];

/**
 * A scalar with `${{`. It stays as written where decK sees a template there; otherwise it is
 * written so that decK sees none (fm-58).
 */
export function authoredScalar(scalar: Scalar, { value, hidden, isInBrackets }: Place): Authored | string {
  const text = hidden.restore(value);
  if (text === value) return { text, isFlowItem: false, [asWritten]: () => quoteLiterally(text) };
  refuseHalves(text);
  const { srcToken: token } = scalar;
  const source = token?.type === 'block-scalar' ? blockSource(token, hidden) : flowSource(scalar, hidden);
  // Double quotes can escape characters that a file must not hold.
  if (!isWritable(source(0))) return text;
  return { text, isFlowItem: isInBrackets && scalar.type === 'PLAIN', [asWritten]: source };
}

/** A scalar with or without quotes. The indentation of its further lines means nothing. */
function flowSource({ tag, range }: Scalar, hidden: Hidden): At {
  const [start = 0, end = 0] = range ?? [];
  const source = hidden.text.slice(start, end);
  const prefix = tag ? `${tag.replace('tag:yaml.org,2002:', '!!')} ` : '';
  return (column) => prefix + hidden.restore(source.replace(/\n[ \t]*(?=\S)/g, `\n${' '.repeat(column + 2)}`));
}

/**
 * Keeps its column if possible: templates that indent lines depend on it. Otherwise they follow.
 */
function blockSource(token: CST.BlockScalar, hidden: Hidden): At {
  const [start = ''] = /^[|>][-+1-9]*/.exec(hidden.text.slice(token.offset)) ?? [];
  const header = isCut(token) ? start.replace(/[-+]|$/, '-') : start;
  const digit = /[1-9]/.exec(header)?.[0];
  const lines = token.source.replace(/\n$/, '').split('\n');
  const written = digit ? token.indent + Number(digit) : indentOf(lines.find((line) => line.trim() !== '') ?? '');
  return (column) => {
    const indent = digit ? column + 2 : Math.max(written, column + 1);
    const moved = lines.map((line) => (line.length > written ? ' '.repeat(indent) + line.slice(written) : ''));
    const text = hidden.restore([digit ? header.replace(digit, '2') : header, ...moved].join('\n'));
    return text.replace(indenting, (_, before, by) => before + Math.max(0, Number(by) + indent - written));
  };
}

/** Whether a block ends with the file, without an end of line. */
export function isCut(token: Scalar['srcToken']): boolean {
  return token?.type === 'block-scalar' && !token.source.endsWith('\n');
}

/** decK's function for texts of several lines; it indents the further lines by this many spaces. */
const indenting = /(\$\{\{[^}]*\|\s*indent\s+)([0-9]+)/g;

function indentOf(line: string): number {
  return line.length - line.trimStart().length;
}
