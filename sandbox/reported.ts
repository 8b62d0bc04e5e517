import { z } from 'zod';

/** The `--json` of changes, and of unused endpoints. */
export const changesSchema = z.array(
  z.object({ action: z.string(), kind: z.string(), key: z.string(), reason: z.string() }),
);
export const quarantinedSchema = z.array(z.object({ endpointId: z.string(), reason: z.string() }));

/** Returns one line for each change: `create target …: reason`. */
export function describeChanges(changes: z.infer<typeof changesSchema>): readonly string[] {
  return changes.map(({ action, kind, key, reason }) => `${action} ${kind} ${key}: ${reason}`);
}

/** Returns one line for each unused endpoint, with the reason. */
export function describeQuarantined(quarantined: z.infer<typeof quarantinedSchema>): readonly string[] {
  return quarantined.map(({ endpointId, reason }) => `quarantined ${endpointId}: ${reason}`);
}

/** The connections of `contracts --json`. */
export const contractsSchema = z.object({
  connections: z.array(
    z.object({
      endpointId: z.string(),
      account: z.string().optional(),
      state: z.string(),
      consumer: z.string().optional(),
      mayCall: z.array(z.string()),
    }),
  ),
});

export type ContractsSeen = z.infer<typeof contractsSchema>;

/** Returns one line for each connection: its consumer, and the domains that it may call. */
export function describeContracts({ connections }: ContractsSeen): readonly string[] {
  return connections.map(({ consumer = 'nobody in the contract', account = '-', endpointId, state, mayCall }) => {
    const calls = mayCall.length > 0 ? `may call ${mayCall.join(', ')}` : 'may call nothing';
    return `${consumer} (${account}) ${endpointId} ${state}: ${calls}`;
  });
}

/** The actions of a pass about contracts. */
export const actionsSchema = z.object({
  actions: z.array(
    z.object({
      action: z.string(),
      serviceId: z.string(),
      endpointId: z.string().optional(),
      principal: z.string().optional(),
      reason: z.string(),
    }),
  ),
});

/** Returns one line for each action: `accept vpce-… at vpce-svc-…: reason`. */
export function describeActions({ actions }: z.infer<typeof actionsSchema>): readonly string[] {
  return actions.map(
    ({ action, serviceId, endpointId, principal, reason }) =>
      `${action} ${endpointId ?? principal} at ${serviceId}: ${reason}`,
  );
}
