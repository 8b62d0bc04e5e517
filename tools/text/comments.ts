import * as ts from 'typescript';
import { codeWord, type Passage } from './sentences';

export type Comments = {
  /** Each comment as prose; comments on lines that follow each other are one. */
  readonly passages: readonly Passage[];
  /** Whole lines on which a comment stands. */
  readonly lines: readonly Passage[];
};

type Span = { readonly from: number; readonly to: number };

/** Lua has no parser here: strings are skipped, so that `--` in them is no comment. */
const luaTokens = /"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|--\[\[[\s\S]*?\]\]|\[\[[\s\S]*?\]\]|--[^\n]*/g;

export function commentsOfLua(text: string): Comments {
  const found = [...text.matchAll(luaTokens)].filter(([token]) => token.startsWith('--'));
  return commentsAt(
    text,
    found.map(({ index, 0: token }) => ({ from: index, to: index + token.length })),
  );
}

export function commentsOfScript(file: ts.SourceFile): Comments {
  const spans = new Map<number, Span>();
  const add = (ranges: readonly ts.CommentRange[] | undefined) => {
    for (const { pos, end } of ranges ?? []) spans.set(pos, { from: pos, to: end });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isJSDoc(node)) return;
    const children = node.getChildren(file);
    if (children.length > 0) {
      children.forEach(visit);
      return;
    }
    add(ts.getLeadingCommentRanges(file.text, node.pos));
    add(ts.getTrailingCommentRanges(file.text, node.end));
  };
  visit(file);
  return commentsAt(
    file.text,
    [...spans.values()].sort((one, other) => one.from - other.from),
  );
}

function commentsAt(text: string, spans: readonly Span[]): Comments {
  const all = text.split('\n');
  const starts = startsOf(all);
  const lineAt = (offset: number) => starts.findLastIndex((start) => start <= offset);
  const lines = new Set<number>();
  const passages: { line: number; last: number; text: string }[] = [];
  for (const { from, to } of spans) {
    const [first, last] = [lineAt(from), lineAt(to - 1)];
    for (let line = first; line <= last; line += 1) lines.add(line);
    const prose = proseOf(text.slice(from, to));
    const before = passages.at(-1);
    if (before && before.last === first - 1) Object.assign(before, { last, text: `${before.text}\n${prose}` });
    else passages.push({ line: first + 1, last, text: prose });
  }
  return {
    passages: passages.map(({ line, text }) => ({ line, text })),
    lines: [...lines].map((line) => ({ line: line + 1, text: all[line] ?? '' })),
  };
}

function startsOf(lines: readonly string[]): readonly number[] {
  let start = 0;
  return lines.map((line) => {
    const here = start;
    start += line.length + 1;
    return here;
  });
}

function proseOf(comment: string): string {
  return comment
    .replace(/`[^`]*`/g, codeWord)
    .split('\n')
    .map((line) => line.replace(/^\s*(?:\/\/+|\/\*+|\*(?!\/)|--+(?:\[\[)?)\s?|\s*\*\/\s*$/g, ''))
    .join('\n');
}
