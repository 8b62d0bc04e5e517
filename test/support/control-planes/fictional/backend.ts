import type { Backend } from '#sync/control-planes/backend';
import type { createMemoryControlPlane } from '../memory';

export type FictionalConfig = {
  readonly type: 'fictional';
  readonly shelf: string;
  readonly key: string;
  readonly memory: ReturnType<typeof createMemoryControlPlane>;
};

/** A type of control plane that nobody has: what a backend has to bring, and nothing else. */
export const fictionalBackend: Backend<FictionalConfig> = {
  connect: ({ memory }) => memory,
  identify: ({ key: _, memory: __, ...place }) => place,
  mostOfKind: () => 7,
};
