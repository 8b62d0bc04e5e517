import { z } from 'zod';

/** How the targets of a domain are probed. */
export const probeSettingsSchema = z.object({
  kind: z.enum(['none', 'tcp', 'http', 'https']),
  path: z.string(),
  intervalMs: z.number(),
  timeoutMs: z.number(),
  /** Failures in a row that eject a target, and successes in a row that bring it back. */
  fall: z.number(),
  rise: z.number(),
  /** They only tell which tier is alive: a domain that has one alone is not probed. */
  isForTiers: z.boolean().optional(),
});

export type ProbeSettings = z.infer<typeof probeSettingsSchema>;

/** What holds for a domain that several ask for: any probe over none, then the shorter interval, then what was there. */
export function stricterOf(present: ProbeSettings, other: ProbeSettings): ProbeSettings {
  if (other.kind === 'none') return present;
  if (present.kind === 'none') return other;
  return other.intervalMs < present.intervalMs ? other : present;
}

/** Whether both probe in the same way. */
export function isSameProbe(one: ProbeSettings, other: ProbeSettings): boolean {
  const keys = Object.keys(probeSettingsSchema.shape) as (keyof ProbeSettings)[];
  return keys.every((key) => one[key] === other[key]);
}
