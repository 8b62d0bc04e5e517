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

/** What each that a verb can end with means there. */
type Exits = Readonly<Partial<Record<Exit, string>>>;

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
export function formatExits(exits: Exits): string {
  return givenOf(exits)
    .map(([code, meaning]) => `${code} ${meaning}`)
    .join(', ');
}

/** The same with a line each, below a title. */
export function formatExitLines(exits: Exits): string {
  return givenOf(exits)
    .map(
      ([code, meaning], index) => `${(index === 0 ? 'Exit codes:' : '').padEnd(15)}${String(code).padEnd(5)}${meaning}`,
    )
    .join('\n');
}

function givenOf(exits: Exits): readonly (readonly [code: number, meaning: string])[] {
  return Object.entries(exitCodes).flatMap(([exit, code]) => {
    const meaning = exits[exit as Exit];
    return meaning ? [[code, meaning] as const] : [];
  });
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
