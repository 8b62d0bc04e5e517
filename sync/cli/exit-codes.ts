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

/** Meanings of the exit codes of one verb. */
export type Exits = Readonly<Partial<Record<Exit, string>>>;

/** Meanings of the exit codes for all verbs. `--help` and docs/removals.md show them. */
export const exitMeanings: { readonly [E in Exit]: string } = {
  done: 'done',
  error: 'error (nothing written)',
  differs: 'diff or adopt found something, or a rollout waits',
  refused: 'refused by policy, or halted by a gate',
  incomplete: 'some entities could not be applied',
  uncertain: 'with --strict: a scope is unknown, or an endpoint is in quarantine',
  interrupted: 'stopped with Ctrl-C',
};

/** Formats the given exit codes below a title, one line each, by number. */
export function formatExits(exits: Exits): string {
  const given = Object.entries(exitCodes).filter(([exit]) => exits[exit as Exit]);
  const lines = given.map(([exit, code], index) => {
    const title = index === 0 ? 'Exit codes:' : '';
    return `${title.padEnd(15)}${String(code).padEnd(5)}${exits[exit as Exit]}`;
  });
  return lines.join('\n');
}

export type Strictness = {
  /** `--strict`: an uncertain result is not a success. */
  readonly strict?: boolean;
};

/** Returns the exit code that replaces success or a difference. */
export function exitCodeOfUncertain(
  report: Pick<Report, 'scopes' | 'quarantined' | 'contracts'>,
  { strict }: Strictness,
): number {
  return strict && isUncertain(report) ? exitCodes.uncertain : exitCodes.done;
}

/**
 * Returns the exit code of `sync`: first no usable credentials, then entities that could not be
 * applied, then refused or withheld by policy.
 */
export function exitCodeOfSync(report: Report, strictness: Strictness = {}): number {
  if (hasNoCredentials(report)) return exitCodes.error;
  if (isPartlyDone(report)) return exitCodes.incomplete;
  return report.refused || isWithheld(report) ? exitCodes.refused : exitCodeOfUncertain(report, strictness);
}

/** Exit codes by severity, the most severe first. */
const bySeverity: readonly number[] = [
  exitCodes.interrupted,
  exitCodes.error,
  exitCodes.incomplete,
  exitCodes.refused,
  exitCodes.uncertain,
  exitCodes.differs,
];

/** Returns the most severe of these exit codes. */
export function worstOf(codes: readonly number[]): number {
  return bySeverity.find((one) => codes.includes(one)) ?? exitCodes.done;
}
