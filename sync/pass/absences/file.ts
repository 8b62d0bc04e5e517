import { z } from 'zod';
import type { Sealed } from '#io/sealed-file';
import { type PlaneIdentity, planeIdentitySchema } from '../../control-planes/plane-identity';
import type { Absences } from '../../plan/removals/absences';

const count = z.int().min(1);
const durationMs = z.number().min(0);
const timeMs = z.number();

/** Absences, and when they were written; unix epoch, milliseconds. */
export type Written = { readonly writtenAtMs: number; readonly absences: Absences };

export type AbsenceFile = Written & {
  readonly owner: string;
  /** The control plane of these absences. Other processes that use the folder read it too. */
  readonly controlPlane: PlaneIdentity;
};

export const absenceFile: Sealed<AbsenceFile> = {
  subject: 'the file',
  version: 3,
  form: 'sorted',
  schema: z.object({
    owner: z.string(),
    controlPlane: planeIdentitySchema,
    writtenAtMs: timeMs,
    absences: z.record(
      z.string(),
      z.object({ count, forMs: durationMs, waitedMs: durationMs, observedAtMs: timeMs.optional() }),
    ),
  }),
  code: 'STATE',
  fixes: { damaged: 'sync writes it again' },
  older: { version: 2, key: 'content' },
};

type OlderAbsences = Readonly<Record<string, { readonly count: number; readonly sinceMs: number }>>;

/** File of the first versions: one for each owner. */
export const olderAbsenceFile: Sealed<OlderAbsences> = {
  subject: 'the file',
  version: 1,
  form: 'sorted',
  schema: z.record(z.string(), z.object({ count, sinceMs: timeMs })),
  code: 'STATE',
  fixes: { damaged: 'sync removes it' },
  older: { version: 1, key: 'absences' },
};

/**
 * Converts a file of the first versions. The file does not say when it was written: `writtenAtMs`
 * comes from the file system.
 */
export function takeOver(older: OlderAbsences, writtenAtMs: number): Written {
  const entries = Object.entries(older).map(([key, { count: missed, sinceMs }]) => {
    return [key, { count: missed, forMs: Math.max(0, writtenAtMs - sinceMs), waitedMs: 0 }] as const;
  });
  return { writtenAtMs, absences: Object.fromEntries(entries) };
}
