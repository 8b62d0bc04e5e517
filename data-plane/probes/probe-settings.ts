/** How the targets of a domain are probed. */
export type ProbeSettings = {
  readonly kind: 'none' | 'tcp' | 'http' | 'https';
  readonly path: string;
  readonly intervalMs: number;
  readonly timeoutMs: number;
  /** Failures in a row until a target is ejected, and successes in a row until it returns. */
  readonly fall: number;
  readonly rise: number;
  /** The probes only tell which tier is alive: a domain with one tier is not probed. */
  readonly isForTiers?: boolean;
};

/** The form in configuration. */
export type WrittenProbe = Omit<ProbeSettings, 'intervalMs' | 'timeoutMs' | 'isForTiers'> & {
  readonly intervalSeconds: number;
  readonly timeoutSeconds: number;
};

/**
 * Parses the written form. A probe may take half of the interval, so that two failures fit into two
 * intervals.
 */
export function probeOf({ intervalSeconds, timeoutSeconds, ...probe }: WrittenProbe): ProbeSettings {
  const intervalMs = intervalSeconds * 1_000;
  return { ...probe, intervalMs, timeoutMs: Math.min(timeoutSeconds * 1_000, intervalMs / 2) };
}

/**
 * Merges the settings of several users of a domain: any probe wins over none, then the shorter
 * interval, then the present settings.
 */
export function stricterOf(present: ProbeSettings, other: ProbeSettings): ProbeSettings {
  if (other.kind === 'none') return present;
  if (present.kind === 'none') return other;
  return other.intervalMs < present.intervalMs ? other : present;
}

/** Whether both probe in the same way. */
export function isSameProbe(one: ProbeSettings, other: ProbeSettings): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
