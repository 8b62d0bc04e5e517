import * as ts from 'typescript';
import { commandsOf, type Offered } from './commands';
import { commentsOfLua, commentsOfScript } from './comments';
import type { Finding, Rule } from './finding';
import { linkProblem, localLinks, type Tree } from './links';
import { readPage } from './markdown';
import { patterns } from './patterns';
import { type Passage, sentencesOf } from './sentences';
import { mostNameCharacters, testNamesOf } from './test-names';
import { columnsOf, isTooWide, mostColumns } from './width';

const mostWords = 30;

/**
 * How much of each kind was read: a kind with nothing in a whole repository means that its reader
 * is broken.
 */
export type Read = Readonly<Record<'pages' | 'sentences' | 'comments' | 'names' | 'links' | 'commands', number>>;

export type Linted = { readonly findings: readonly Finding[]; readonly read: Read };

export type Repository = Tree & { readonly offered: Offered };

type Told = Omit<Finding, 'file' | 'rule'>;

const nothing: Read = { pages: 0, sentences: 0, comments: 0, names: 0, links: 0, commands: 0 };

/** Checks one file by its kind; undefined where no rule reads the kind. */
export function lintText(file: string, text: string, repository: Repository): Linted | undefined {
  if (file.endsWith('.md')) return lintPage(file, text, repository);
  if (file.endsWith('.lua')) return lintComments(file, commentsOfLua(text));
  if (!/\.[jt]s$/.test(file)) return undefined;
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest);
  const comments = lintComments(file, commentsOfScript(source));
  const names = file.startsWith('test/') ? testNamesOf(source) : [];
  const riddled = as(file, 'pattern', names.flatMap(riddles));
  const findings = [...comments.findings, ...as(file, 'test-name', names.flatMap(longName)), ...riddled];
  return { findings, read: { ...comments.read, names: names.length } };
}

function lintPage(file: string, text: string, repository: Repository): Linted {
  const page = readPage(text);
  const links = localLinks(page);
  const commands = page.code.flatMap((code) => commandsOf(code, repository.offered));
  const sentences = page.passages.flatMap(sentencesOf);
  const findings = [
    ...as(file, 'width', page.prose.flatMap(wideLine)),
    ...as(file, 'sentence', sentences.flatMap(longSentence)),
    ...as(file, 'pattern', sentences.flatMap(riddles)),
    ...as(
      file,
      'link',
      links.flatMap(({ line, text }) => problem(line, text, linkProblem(file, text, repository))),
    ),
    ...as(
      file,
      'command',
      commands.flatMap(({ line, text, problem: why }) => problem(line, text, why)),
    ),
  ];
  const counts = { pages: 1, sentences: sentences.length, links: links.length, commands: commands.length };
  return { findings, read: { ...nothing, ...counts } };
}

function lintComments(file: string, { passages, lines }: ReturnType<typeof commentsOfLua>): Linted {
  const riddled = passages.flatMap(sentencesOf).flatMap(riddles);
  return {
    findings: [...as(file, 'width', lines.flatMap(wideLine)), ...as(file, 'pattern', riddled)],
    read: { ...nothing, comments: passages.length },
  };
}

function as(file: string, rule: Rule, told: readonly Told[]): readonly Finding[] {
  return told.map((one) => ({ ...one, file, rule }));
}

function problem(line: number, text: string, why: string | undefined): readonly Told[] {
  return why === undefined ? [] : [{ line, what: `${text}: ${why}`, fix: 'correct the name' }];
}

function wideLine({ line, text }: Passage): readonly Told[] {
  if (!isTooWide(text)) return [];
  return [{ line, what: `${columnsOf(text)} columns`, fix: `wrap at ${mostColumns}` }];
}

function longSentence({ line, text, words }: ReturnType<typeof sentencesOf>[number]): readonly Told[] {
  if (words <= mostWords) return [];
  return [{ line, what: `${words} words in "${beginOf(text)}"`, fix: `write sentences of at most ${mostWords} words` }];
}

function riddles({ line, text }: Passage): readonly Told[] {
  return patterns
    .filter(({ pattern }) => pattern.test(text))
    .map(({ name, reason, better }) => ({ line, what: `${name} in "${beginOf(text)}": ${reason}`, fix: better }));
}

function longName({ line, text }: Passage): readonly Told[] {
  if (text.length <= mostNameCharacters) return [];
  return [{ line, what: `${text.length} characters`, fix: `name the test in at most ${mostNameCharacters}` }];
}

function beginOf(text: string): string {
  return text.length > 50 ? `${text.slice(0, 50)}...` : text;
}
