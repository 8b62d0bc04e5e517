import type { Finding, Rule } from './finding';

export type Exception = {
  /** A file, or a folder with its slash. */
  readonly path: string;
  readonly rule: Rule;
  readonly reason: string;
};

/** Texts that break a rule for a reason. One that is not needed any more is a finding. */
export const exceptions: readonly Exception[] = [];

/** Returns the findings without those of an exception. */
export function standing(findings: readonly Finding[], taken: readonly Exception[] = exceptions) {
  const takes = ({ path, rule }: Exception, finding: Finding) => finding.rule === rule && finding.file.startsWith(path);
  return findings.filter((one) => !taken.some((exception) => takes(exception, one)));
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
