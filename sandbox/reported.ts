import { z } from 'zod';

/** What a verb's `--json` says of changes, and of endpoints that are not used. */
export const changesSchema = z.array(
  z.object({ action: z.string(), kind: z.string(), key: z.string(), reason: z.string() }),
);
export const quarantinedSchema = z.array(z.object({ endpointId: z.string(), reason: z.string() }));

/** One line for each change: `create target …: reason`. */
export function describeChanges(changes: z.infer<typeof changesSchema>): readonly string[] {
  return changes.map(({ action, kind, key, reason }) => `${action} ${kind} ${key}: ${reason}`);
}

/** One line for each endpoint that is not used, with the reason. */
export function describeQuarantined(quarantined: z.infer<typeof quarantinedSchema>): readonly string[] {
  return quarantined.map(({ endpointId, reason }) => `quarantined ${endpointId}: ${reason}`);
}
