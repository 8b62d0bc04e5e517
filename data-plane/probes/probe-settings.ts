/** How the targets of a domain are probed. */
export type ProbeSettings = {
  readonly kind: 'none' | 'tcp' | 'http' | 'https';
  readonly path: string;
  readonly intervalMs: number;
  readonly timeoutMs: number;
  /** Failures in a row that eject a target, and successes in a row that bring it back. */
  readonly fall: number;
  readonly rise: number;
  /** They only tell which tier is alive: a domain that has one alone is not probed. */
  readonly isForTiers?: boolean;
};

/** How people write it. */
export type WrittenProbe = Omit<ProbeSettings, 'intervalMs' | 'timeoutMs' | 'isForTiers'> & {
  readonly intervalSeconds: number;
  readonly timeoutSeconds: number;
};

/** What was written. A probe may take half of the interval, so that two failures fit into two intervals. */
export function probeOf({ intervalSeconds, timeoutSeconds, ...probe }: WrittenProbe): ProbeSettings {
  const intervalMs = intervalSeconds * 1_000;
  return { ...probe, intervalMs, timeoutMs: Math.min(timeoutSeconds * 1_000, intervalMs / 2) };
}

/** What holds for a domain that several ask for: any probe over none, then the shorter interval, then what was there. */
export function stricterOf(present: ProbeSettings, other: ProbeSettings): ProbeSettings {
  if (other.kind === 'none') return present;
  if (present.kind === 'none') return other;
  return other.intervalMs < present.intervalMs ? other : present;
}

/** Whether both probe in the same way. */
export function isSameProbe(one: ProbeSettings, other: ProbeSettings): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
