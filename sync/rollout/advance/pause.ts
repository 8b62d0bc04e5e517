import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { messageOf, PrivatelinkError } from '#core/errors';
import { writeFix } from '#io/files';
import { readSealed, type Sealed, writeSealed } from '#io/sealed-file';
import type { By } from '../journal';

/** A pause that keeps every stage from beginning, and who ordered it. */
export type Paused = { readonly atMs: number; readonly by: By };

/** The order to pause rollouts, kept in stateDir. */
export type Pause = {
  /** Undefined: no pause. Throws PrivatelinkError when the file is unusable. */
  readonly read: () => Promise<Paused | undefined>;
  /** Resolves when it is on the disk. Undefined ends the pause. */
  readonly write: (paused: Paused | undefined) => Promise<void>;
};

const text = z.string().optional();

const pauseFile: Sealed<Paused & { readonly owner: string }> = {
  subject: 'the pause',
  version: 1,
  form: 'sorted',
  schema: z.object({
    owner: z.string(),
    atMs: z.number(),
    by: z.object({ configuration: text, user: text, run: text }),
  }),
  code: 'STATE',
  fixes: { damaged: 'rollout resume removes it' },
};

export function openPause({ stateDir, owner }: { readonly stateDir: string; readonly owner: string }): Pause {
  const path = join(stateDir, `paused.${owner}.json`);
  return {
    read: async () => {
      const found = await readSealed(path, pauseFile);
      return found && { atMs: found.atMs, by: found.by };
    },
    write: async (paused) => {
      try {
        await (paused ? writeSealed(path, { owner, ...paused }, pauseFile) : rm(path, { force: true }));
      } catch (cause) {
        const [done, otherwise] = paused ? ['written', 'make stateDir writable'] : ['removed', 'remove it by hand'];
        const fix = writeFix(cause, otherwise);
        throw new PrivatelinkError(`${path} cannot be ${done} (${messageOf(cause)})`, { code: 'STATE', fix, cause });
      }
    },
  };
}
