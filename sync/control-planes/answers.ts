/** What a check found, with the fix where something is to be done. */
export type Answer = {
  readonly result: 'ok' | 'warning' | 'failed';
  readonly detail: string;
  /** Which of several things the check is about. */
  readonly about?: string;
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
