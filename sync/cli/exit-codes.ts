import { hasNoCredentials, isIncomplete, isUncertain, isWithheld, type Report } from '../pass/report';

export const exitCodes = {
  done: 0,
  error: 1,
  differs: 2,
  refused: 3,
  incomplete: 4,
  uncertain: 5,
  interrupted: 130,
} as const;

export type Exit = keyof typeof exitCodes;

/** What they mean, whatever the verb: `--help`, README.md and docs/operations.md say this. */
export const exitMeanings: { readonly [E in Exit]: string } = {
  done: 'done',
  error: 'error (nothing written)',
  differs: 'diff found differences',
  refused: 'refused by policy',
  incomplete: 'some entities could not be applied',
  uncertain: 'with --strict: a scope is unknown, or an endpoint is in quarantine',
  interrupted: 'stopped with Ctrl-C',
};

/** `0 done, 1 error`: those that are given, by their number. */
export function formatExits(exits: Readonly<Partial<Record<Exit, string>>>): string {
  return Object.entries(exitCodes)
    .flatMap(([exit, code]) => (exits[exit as Exit] ? [`${code} ${exits[exit as Exit]}`] : []))
    .join(', ');
}

export type Strictness = {
  /** `--strict`: what is uncertain is no success. */
  readonly strict?: boolean;
};

/** In place of success, and of a difference. */
export function exitCodeOfUncertain(report: Pick<Report, 'scopes' | 'quarantined'>, { strict }: Strictness): number {
  return strict && isUncertain(report) ? exitCodes.uncertain : exitCodes.done;
}

/** Exit code of `sync`: no usable credentials at all, then entities that could not be applied, then what policy refused or withheld. */
export function exitCodeOfSync(report: Report, strictness: Strictness = {}): number {
  if (hasNoCredentials(report)) return exitCodes.error;
  if (isIncomplete(report) || report.publications?.some(isIncomplete)) return exitCodes.incomplete;
  return report.refused || isWithheld(report) ? exitCodes.refused : exitCodeOfUncertain(report, strictness);
}
