/** Result of a check, with the fix if something has to be done. */
export type Diagnosis = {
  readonly result: 'ok' | 'warning' | 'failed';
  readonly detail: string;
  /** The subject, if the check covers several. */
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
