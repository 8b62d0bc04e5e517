import MarkdownIt from 'markdown-it';
import { codeWord, type Passage } from './sentences';

type Token = ReturnType<MarkdownIt['parse']>[number];

export type Page = {
  readonly passages: readonly Passage[];
  /** Lines that wrap: neither table, code, heading nor HTML. */
  readonly prose: readonly Passage[];
  readonly links: readonly Passage[];
  /** Blocks of code and code between backticks. */
  readonly code: readonly Passage[];
  /** Anchors that GitHub gives the headings. */
  readonly anchors: ReadonlySet<string>;
};

const parser = new MarkdownIt({ html: true });

const unwrapped: ReadonlySet<string> = new Set(['table_open', 'fence', 'code_block', 'heading_open', 'html_block']);

/** Reads a page of Markdown as GitHub shows it. */
export function readPage(text: string): Page {
  const tokens = parser.parse(text, {});
  const inlines = inlinesOf(tokens);
  return {
    passages: inlines.flatMap(({ line, token }) => passagesIn(plainText(token), line)),
    prose: proseLines(text, tokens),
    links: inlines.flatMap(({ line, token }) => linksOf(token).map((link) => ({ line, text: link }))),
    code: [
      ...tokens
        .filter(({ type }) => type === 'fence' || type === 'code_block')
        .map(({ map, content, type }) => ({ line: (map?.[0] ?? 0) + (type === 'fence' ? 2 : 1), text: content })),
      ...inlines.flatMap(({ line, token }) => childrenOf(token, 'code_inline').map((text) => ({ line, text }))),
    ],
    anchors: anchorsOf(tokens),
  };
}

/** A cell has no line of its own in the parser: it has that of its row. */
function inlinesOf(tokens: readonly Token[]): readonly { readonly line: number; readonly token: Token }[] {
  let line = 1;
  return tokens.flatMap((token) => {
    if (token.map) line = token.map[0] + 1;
    return token.type === 'inline' ? [{ line, token }] : [];
  });
}

/** Stands for a `<br>`, after which another sentence begins. */
const lineBreak = '\u2028';

function passagesIn(text: string, line: number): readonly Passage[] {
  const parts = text.split(lineBreak);
  return parts.map((part, index) => {
    const above = parts.slice(0, index).join('').split('\n').length - 1;
    return { line: line + above, text: part };
  });
}

function plainText(token: Token): string {
  return (token.children ?? [])
    .map(({ type, content }) => {
      if (type === 'code_inline') return codeWord;
      if (type === 'html_inline' && /^<br\b/i.test(content)) return lineBreak;
      if (type === 'softbreak' || type === 'hardbreak') return '\n';
      return type === 'text' || type === 'text_special' ? content : '';
    })
    .join('');
}

function childrenOf(token: Token, type: string): readonly string[] {
  return (token.children ?? []).filter((child) => child.type === type).map(({ content }) => content);
}

function linksOf(token: Token): readonly string[] {
  return (token.children ?? []).flatMap((child) => {
    const target = child.attrGet('href') ?? child.attrGet('src');
    return target === null ? [] : [target];
  });
}

function proseLines(text: string, tokens: readonly Token[]): readonly Passage[] {
  const free = new Set<number>();
  for (const { type, map } of tokens)
    if (unwrapped.has(type) && map) for (let index = map[0]; index < map[1]; index += 1) free.add(index);
  return text
    .split('\n')
    .map((line, index) => ({ line: index + 1, text: line }))
    .filter(({ line, text }) => text !== '' && !free.has(line - 1) && !/^\s*\[[^\]]+\]:\s/.test(text));
}

function anchorsOf(tokens: readonly Token[]): ReadonlySet<string> {
  const anchors = new Set<string>();
  tokens.forEach(({ type }, index) => {
    const inline = tokens[index + 1];
    if (type !== 'heading_open' || !inline) return;
    const first = anchorOf(
      (inline.children ?? []).map(({ type, content }) => (type === 'html_inline' ? '' : content)).join(''),
    );
    let anchor = first;
    for (let count = 1; anchors.has(anchor); count += 1) anchor = `${first}-${count}`;
    anchors.add(anchor);
  });
  return anchors;
}

function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{M}\p{N}_ -]/gu, '')
    .replaceAll(' ', '-');
}
