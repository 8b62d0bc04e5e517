import {
  Composer,
  type CST,
  type Document,
  type DocumentOptions,
  Lexer,
  LineCounter,
  type ParseOptions,
  Parser,
  type SchemaOptions,
  type ToJSOptions,
  YAMLParseError,
} from 'yaml';
import { isProblem, type Problem } from '../errors';

/**
 * The product's files have twelve levels. The composer recurses at each level. Near the end of the
 * stack Node ends the process, and no `catch` helps (fm-45).
 */
export const mostLevels = 100;

/** The problem of a deeper file. */
export const tooDeep: Problem = { reason: `is nested deeper than ${mostLevels} levels`, fix: 'write it flatter' };

export type YamlOptions = ParseOptions & DocumentOptions & SchemaOptions;

/**
 * Parses as the library's parseDocument. Its errors name lines and quote nothing of the text, which
 * may hold secrets. Returns a problem for a text that is too deep.
 */
export function parseYamlDocument(text: string, options: YamlOptions = {}): Document.Parsed | Problem {
  const lines = options.lineCounter ?? new LineCounter();
  const tokens = tokensOf(text, lines);
  if (!tokens) return tooDeep;
  // The library would print warnings on standard error, past the gate there (fm-51).
  const [document, another] = new Composer({ ...options, logLevel: 'error' }).compose(tokens, true, text.length);
  if (!document) throw new Error('the composer gives a document of any text');
  if (another) {
    const [start, end] = another.range;
    document.errors.push(new YAMLParseError([start, end], 'MULTIPLE_DOCS', 'Source contains multiple documents'));
  }
  for (const error of document.errors) tellLine(error, lines);
  return document;
}

/**
 * Returns the value of the text. Throws its first error, or an error for a text that is too deep.
 */
export function readYamlValue(text: string, options: YamlOptions & ToJSOptions = {}): unknown {
  const document = parseYamlDocument(text, options);
  if (isProblem(document)) throw new Error(`it ${document.reason}`);
  const [error] = document.errors;
  if (error) throw error;
  return document.toJS(options);
}

/**
 * Returns the syntax; undefined when it is too deep. Until its end the parser uses its own stack,
 * without recursion.
 */
function tokensOf(text: string, lines: LineCounter): readonly CST.Token[] | undefined {
  const parser = new Parser(lines.addNewLine);
  lines.addNewLine(0);
  const tokens: CST.Token[] = [];
  for (const lexeme of new Lexer().lex(text)) {
    for (const token of parser.next(lexeme)) tokens.push(token);
    if (parser.stack.length > mostLevels) return undefined;
  }
  return [...tokens, ...parser.end()];
}

function tellLine(error: YAMLParseError, lines: LineCounter): void {
  const [start, end] = error.pos;
  if (start < 0) return;
  error.linePos = [lines.linePos(start), lines.linePos(end)];
  const [{ line, col }] = error.linePos;
  error.message += ` at line ${line}, column ${col}`;
}
