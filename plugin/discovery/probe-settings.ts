import { z } from 'zod';
import type { PluginConfig } from '../schema/schema';

/** How the targets of a domain are probed. */
export const probeSettingsSchema = z.object({
  kind: z.enum(['none', 'tcp', 'http', 'https']),
  path: z.string(),
  intervalMs: z.number(),
  timeoutMs: z.number(),
  /** Failures in a row that eject a target, and successes in a row that bring it back. */
  fall: z.number(),
  rise: z.number(),
});

export type ProbeSettings = z.infer<typeof probeSettingsSchema>;

/** What a plugin entity says of probes. A probe may take half of the interval, so that two failures fit into two intervals. */
export function probeSettingsOf(config: PluginConfig): ProbeSettings {
  const intervalMs = config.probe_interval_seconds * 1_000;
  return {
    kind: config.probe,
    path: config.probe_path,
    intervalMs,
    timeoutMs: Math.min(config.probe_timeout_seconds * 1_000, intervalMs / 2),
    fall: config.probe_fall,
    rise: config.probe_rise,
  };
}

/** What holds for a domain of several plugin entities: any probe over none, then the shorter interval, then what was there. */
export function stricterOf(present: ProbeSettings, other: ProbeSettings): ProbeSettings {
  if (other.kind === 'none') return present;
  if (present.kind === 'none') return other;
  return other.intervalMs < present.intervalMs ? other : present;
}
