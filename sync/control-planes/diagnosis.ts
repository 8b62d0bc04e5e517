/** What a check found, with the fix where something is to be done. */
export type Diagnosis = {
  readonly result: 'ok' | 'warning' | 'failed';
  readonly detail: string;
  /** Which of several things the check is about. */
  readonly about?: string;
};

export function ok(detail: string): Diagnosis {
  return { result: 'ok', detail };
}

export function warning(detail: string): Diagnosis {
  return { result: 'warning', detail };
}

export function failed(detail: string): Diagnosis {
  return { result: 'failed', detail };
}
