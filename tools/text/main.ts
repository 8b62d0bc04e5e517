import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { offersOf } from '#sync/cli/completion/offers';
import { verbs } from '#sync/cli/verbs';
import { standing, unused } from './exceptions';
import { type Finding, findingText, rules } from './finding';
import { lintText, type Read, type Repository } from './lint';
import { type Page, readPage } from './markdown';

/**
 * Checks the texts below these paths, all of the repository when there are none; see
 * docs/decisions/0057-plain-words.md.
 */
function main(paths: readonly string[]): void {
  const files = filesBelow(paths);
  const repository = openRepository();
  const linted = files.flatMap((file) => lintText(file, readFileSync(file, 'utf8'), repository) ?? []);
  const read = linted.map((one) => one.read).reduce(sum);
  const found = linted.flatMap((one) => one.findings);
  const isAll = paths.length === 0;
  const findings = isAll ? [...standing(found), ...unused(found)] : standing(found);
  process.stdout.write([...findings.map(findingText), ...counts(findings), readText(read), ''].join('\n'));
  const missing = Object.entries(read).filter(([, count]) => count === 0);
  if (isAll && missing.length > 0) throw new Error(`the linter read no ${missing.map(([kind]) => kind).join(', no ')}`);
  process.exitCode = findings.length > 0 ? 1 : 0;
}

/** Throws where git does, where a path has no file, or where no rule reads any of the files. */
function filesBelow(paths: readonly string[]): readonly string[] {
  const argv = ['ls-files', '-z', '--cached', '--others', '--exclude-standard', '--error-unmatch', '--', ...paths];
  const names = execFileSync('git', argv, { encoding: 'utf8', maxBuffer: 64 << 20, stdio: 'pipe' }).split('\0');
  const files = names.filter((name) => /\.(?:md|ts|js|lua)$/.test(name) && existsSync(name));
  if (files.length === 0) throw new Error(`there is no text to check in ${paths.join(' ') || 'this repository'}`);
  return [...new Set(files)];
}

function openRepository(): Repository {
  const pages = new Map<string, Page>();
  const page = (path: string) => {
    const known = pages.get(path);
    if (known || !path.endsWith('.md') || !existsSync(path)) return known;
    const read = readPage(readFileSync(path, 'utf8'));
    pages.set(path, read);
    return read;
  };
  const manifest: { readonly scripts: object } = JSON.parse(readFileSync('package.json', 'utf8'));
  const options = offersOf(verbs).map((one) => [one.name, one.options.flatMap(({ flags }) => flags)] as const);
  const offered = { scripts: new Set(Object.keys(manifest.scripts)), verbs: new Map(options) };
  return { has: (path) => statSync(path, { throwIfNoEntry: false }) !== undefined, page, offered };
}

function sum(one: Read, other: Read): Read {
  return {
    pages: one.pages + other.pages,
    sentences: one.sentences + other.sentences,
    comments: one.comments + other.comments,
    names: one.names + other.names,
    links: one.links + other.links,
    commands: one.commands + other.commands,
  };
}

function counts(findings: readonly Finding[]): readonly string[] {
  const all = rules.map((rule) => [rule, findings.filter((one) => one.rule === rule).length] as const);
  return all.filter(([, count]) => count > 0).map(([rule, count]) => `${count} ${rule}`);
}

function readText(read: Read): string {
  const kinds = Object.entries(read).map(([kind, count]) => `${count} ${kind}`);
  return `read ${kinds.join(', ')}`;
}

try {
  main(process.argv.slice(2));
} catch (thrown) {
  process.stderr.write(`error: ${thrown instanceof Error ? thrown.message : thrown}\n`);
  process.exitCode = 2;
}
