import { z } from 'zod';

const probeSettingsSchema = z.object({
  kind: z.enum(['none', 'tcp', 'http', 'https']),
  path: z.string(),
  intervalMs: z.number(),
  timeoutMs: z.number(),
  fall: z.number(),
  rise: z.number(),
  isForTiers: z.boolean().optional(),
});

/**
 * The orders to the discovery thread: requests for a domain may come, or have stopped; the own zone
 * is known; the names of all domains are asked for; the configuration has changed.
 */
export const toDiscoverySchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('use'), domain: z.string(), probe: probeSettingsSchema }),
  z.object({ kind: z.literal('release'), domain: z.string() }),
  z.object({ kind: z.literal('zone'), zoneId: z.string() }),
  z.object({ kind: z.literal('names') }),
  z.object({ kind: z.literal('reload') }),
]);

export type ToDiscovery = Readonly<z.infer<typeof toDiscoverySchema>>;
