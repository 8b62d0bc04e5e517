import { z } from 'zod';

/**
 * The rules for probes of targets, and for the age of answers. Each place with such a key adds a
 * description.
 */

const day = 86_400;

export const probeRules = {
  kind: z.enum(['none', 'tcp', 'http', 'https']).default('tcp'),
  path: z
    .string()
    .regex(/^\/[!-~]*$/, 'a path, such as /health')
    .default('/'),
  intervalSeconds: z.number().min(0.1).max(3_600).default(5),
  timeoutSeconds: z.number().min(0.05).max(60).default(1),
  fall: z.int().min(1).max(100).default(2),
  rise: z.int().min(1).max(100).default(1),
};

/** At most a day: an older target is no better than the control plane's own list. */
export const maxStaleRule = z.number().min(0).max(day).default(3_600);
