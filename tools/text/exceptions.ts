import type { Finding, Rule } from './finding';

export type Exception = {
  /** A file, or a folder with its slash. */
  readonly path: string;
  readonly rule: Rule;
  readonly reason: string;
};

/** Texts that break a rule for a reason. One that is not needed any more is a finding. */
export const exceptions: readonly Exception[] = [];

/**
 * Not yet rewritten: links and commands are checked there, words are not. The list is empty at the
 * end.
 */
export const pending: readonly string[] = [
  'CHANGELOG.md',
  'CONTRIBUTING.md',
  'README.md',
  'config/',
  'core/',
  'deck/',
  'discovery/',
  'docs/',
  'plugin/',
  'resolver/',
  'sync/',
  'test/',
];

/** These are wrong whatever the style of a text. */
const always: ReadonlySet<Rule> = new Set(['link', 'command']);

/** Returns the findings without those of an exception or a pending path. */
export function standing(findings: readonly Finding[], taken: readonly Exception[] = exceptions, later = pending) {
  const isLater = ({ file, rule }: Finding) => !always.has(rule) && later.some((path) => file.startsWith(path));
  const takes = ({ path, rule }: Exception, finding: Finding) => finding.rule === rule && finding.file.startsWith(path);
  return findings.filter((one) => !isLater(one) && !taken.some((exception) => takes(exception, one)));
}

/** Returns a finding for each exception that takes nothing. */
export function unused(findings: readonly Finding[], taken: readonly Exception[] = exceptions): readonly Finding[] {
  return taken
    .filter(({ path, rule }) => !findings.some((one) => one.rule === rule && one.file.startsWith(path)))
    .map(({ path, rule }) => ({
      file: 'tools/text/exceptions.ts',
      line: 1,
      rule: 'exception',
      what: `nothing in ${path} breaks ${rule} any more`,
      fix: 'take the exception out',
    }));
}
