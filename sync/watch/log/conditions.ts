import type { logMessages } from '#core/messages/log';

type Words = {
  readonly level: 'warn' | 'error';
  /** The registry of messages has an entry for it. */
  readonly begins: keyof typeof logMessages;
  /** Each hour. */
  readonly lasts: string;
  readonly ends: string;
  /** For a condition that comes and goes. */
  readonly restless: string;
};

/** Kinds of conditions, with their log messages. */
export const conditionWords = {
  pass: {
    level: 'error',
    begins: 'pass failed',
    lasts: 'passes still fail',
    ends: 'passes succeed again',
    restless: 'passes fail now and then',
  },
  scope: {
    level: 'warn',
    begins: 'scope unknown',
    lasts: 'scope still unknown',
    ends: 'scope known again',
    restless: 'scope unknown now and then',
  },
  endpoint: {
    level: 'warn',
    begins: 'endpoint quarantined',
    lasts: 'endpoint still quarantined',
    ends: 'endpoint no longer quarantined',
    restless: 'endpoint quarantined now and then',
  },
  plan: {
    level: 'warn',
    begins: 'plan refused',
    lasts: 'plan still refused',
    ends: 'plan no longer refused',
    restless: 'plan refused now and then',
  },
  brake: {
    level: 'warn',
    begins: 'removals withheld',
    lasts: 'removals still withheld',
    ends: 'removals no longer withheld',
    restless: 'removals withheld now and then',
  },
  change: {
    level: 'error',
    begins: 'change failed',
    lasts: 'change still fails',
    ends: 'change no longer fails',
    restless: 'change fails now and then',
  },
  publication: {
    level: 'error',
    begins: 'not published',
    lasts: 'still not published',
    ends: 'published again',
    restless: 'not published now and then',
  },
  service: {
    level: 'warn',
    begins: 'service unknown',
    lasts: 'service still unknown',
    ends: 'service known again',
    restless: 'service unknown now and then',
  },
  action: {
    level: 'error',
    begins: 'action of contracts failed',
    lasts: 'action of contracts still fails',
    ends: 'action of contracts no longer fails',
    restless: 'action of contracts fails now and then',
  },
  finding: {
    level: 'warn',
    begins: 'contract finding',
    lasts: 'contract finding still holds',
    ends: 'contract finding no longer holds',
    restless: 'contract finding comes and goes',
  },
  warning: {
    level: 'warn',
    begins: 'warning',
    lasts: 'warning still holds',
    ends: 'warning no longer holds',
    restless: 'warning comes and goes',
  },
} as const satisfies Readonly<Record<string, Words>>;

export type ConditionKind = keyof typeof conditionWords;

export type Fields = Readonly<Record<string, string | number | undefined>>;

/** A problem for as long as it is found. */
export type Condition = {
  readonly kind: ConditionKind;
  /** Identity within a kind. */
  readonly id: string;
  /** Fields that name the condition, also at its end. */
  readonly who: Fields;
  /** Fields with the latest reason. */
  readonly why: Fields;
  /** Usually a code. A new variant is logged although the condition lasts. */
  readonly variant?: string;
};

/** Conditions that hold now, and whether a missing condition is undecided. */
export type Seen = {
  readonly holds: readonly Condition[];
  readonly isUndecided: (condition: Condition) => boolean;
};

/** A line of the log. */
export type Line = {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
};

/** A condition that holds, or held within the last hour. All times are monotonic milliseconds. */
export type Followed = {
  readonly condition: Condition;
  /** Number of begins. An hour of holding or of rest resets it. */
  readonly times: number;
  /** Time of the last begin. */
  readonly sinceMs: number;
  readonly saidMs: number;
  /** Variants that were logged. */
  readonly variants: readonly (string | undefined)[];
  /** Time at which it was gone. Absent: it holds. */
  readonly goneMs?: number;
};

export type Conditions = ReadonlyMap<string, Followed>;
