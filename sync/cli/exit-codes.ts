import { hasNoCredentials, isPartlyDone, isUncertain, isWithheld, type Report } from '../pass/report';

export const exitCodes = {
  done: 0,
  error: 1,
  differs: 2,
  refused: 3,
  incomplete: 4,
  uncertain: 5,
  interrupted: 130,
} as const;

type Exit = keyof typeof exitCodes;

/** What each that a verb can end with means there. */
export type Exits = Readonly<Partial<Record<Exit, string>>>;

/** What they mean, whatever the verb: `--help`, README.md and docs/removals.md say this. */
export const exitMeanings: { readonly [E in Exit]: string } = {
  done: 'done',
  error: 'error (nothing written)',
  differs: 'diff or adopt found something, or a rollout waits',
  refused: 'refused by policy, or halted by a gate',
  incomplete: 'some entities could not be applied',
  uncertain: 'with --strict: a scope is unknown, or an endpoint is in quarantine',
  interrupted: 'stopped with Ctrl-C',
};

/** Those that are given, by their number: a line each, below a title. */
export function formatExits(exits: Exits): string {
  const given = Object.entries(exitCodes).filter(([exit]) => exits[exit as Exit]);
  const lines = given.map(([exit, code], index) => {
    const title = index === 0 ? 'Exit codes:' : '';
    return `${title.padEnd(15)}${String(code).padEnd(5)}${exits[exit as Exit]}`;
  });
  return lines.join('\n');
}

export type Strictness = {
  /** `--strict`: what is uncertain is no success. */
  readonly strict?: boolean;
};

/** In place of success, and of a difference. */
export function exitCodeOfUncertain(
  report: Pick<Report, 'scopes' | 'quarantined' | 'contracts'>,
  { strict }: Strictness,
): number {
  return strict && isUncertain(report) ? exitCodes.uncertain : exitCodes.done;
}

/** Exit code of `sync`: no usable credentials at all, then entities that could not be applied, then what policy refused or withheld. */
export function exitCodeOfSync(report: Report, strictness: Strictness = {}): number {
  if (hasNoCredentials(report)) return exitCodes.error;
  if (isPartlyDone(report)) return exitCodes.incomplete;
  return report.refused || isWithheld(report) ? exitCodes.refused : exitCodeOfUncertain(report, strictness);
}

/** Of several, the one that says most; any other number is one of these. */
const bySeverity: readonly number[] = [
  exitCodes.interrupted,
  exitCodes.error,
  exitCodes.incomplete,
  exitCodes.refused,
  exitCodes.uncertain,
  exitCodes.differs,
];

/** The exit code of all that ended with these. */
export function worstOf(codes: readonly number[]): number {
  return bySeverity.find((one) => codes.includes(one)) ?? exitCodes.done;
}
