import { messageOf } from '#core/errors';
import type { Context } from './context';

/** What a check found, with the fix where something is to be done. */
export type Answer = {
  readonly result: 'ok' | 'warning' | 'failed';
  readonly detail: string;
  /** Which of several things the check is about. */
  readonly about?: string;
};

export type Check = {
  readonly name: string;
  /** What the check found, nothing where it does not apply; what it throws is a failure. */
  readonly run: (context: Context, signal: AbortSignal) => Promise<readonly Answer[]>;
  /** Routing is right without it: what it throws is a warning. */
  readonly isAdvisory?: boolean;
};

export function ok(detail: string): Answer {
  return { result: 'ok', detail };
}

export function warning(detail: string): Answer {
  return { result: 'warning', detail };
}

export function failed(detail: string): Answer {
  return { result: 'failed', detail };
}

/** A message in one line, also where it lists problems below each other. */
export function lineOf(thrown: unknown): string {
  return messageOf(thrown)
    .replace(/:\n\s*/g, ': ')
    .replace(/\n\s*/g, '; ');
}
