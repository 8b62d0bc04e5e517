import { z } from 'zod';
import { checksumOf, digestOf } from '#core/json';
import { planeIdentitySchema } from '../../control-planes/plane-identity';
import type { Absences } from '../../plan/removals/absences';

const count = z.int().min(1);
const durationMs = z.number().min(0);
const timeMs = z.number();

const content = z.object({
  owner: z.string(),
  /** Whose absences these are, also for who else uses the folder. */
  controlPlane: planeIdentitySchema,
  writtenAtMs: timeMs,
  absences: z.record(
    z.string(),
    z.object({ count, forMs: durationMs, waitedMs: durationMs, observedAtMs: timeMs.optional() }),
  ),
});

const envelope = z.object({ version: z.literal(2), checksum: z.string(), content: z.unknown() });

/** Of the first versions: one file for each owner. */
const olderEnvelope = z.object({
  version: z.literal(1),
  checksum: z.string(),
  absences: z.record(z.string(), z.object({ count, sinceMs: timeMs })),
});

/** Absences, and when they were written; unix epoch, milliseconds. */
export type Written = { readonly writtenAtMs: number; readonly absences: Absences };

export type AbsenceFile = z.infer<typeof content> & Written;

/** The file's text; equal content has equal bytes. */
export function serialiseAbsences(file: AbsenceFile): string {
  return JSON.stringify({ version: 2, checksum: checksumOf(file), content: file });
}

/** Gives what `text` holds; throws where it cannot be used. */
export function parseAbsences(text: string): AbsenceFile {
  const file = envelope.parse(JSON.parse(text));
  if (file.checksum !== checksumOf(file.content)) throw new Error('its checksum does not match its content');
  return content.parse(file.content);
}

/** The same for a file of the first versions, which did not say when it was written: that is asked of the file system. */
export function parseOlderAbsences(text: string, writtenAtMs: number): Written {
  const { checksum, absences } = olderEnvelope.parse(JSON.parse(text));
  if (checksum !== digestOf(JSON.stringify(absences))) throw new Error('its checksum does not match its content');
  const entries = Object.entries(absences).map(([key, { count: missed, sinceMs }]) => {
    return [key, { count: missed, forMs: Math.max(0, writtenAtMs - sinceMs), waitedMs: 0 }] as const;
  });
  return { writtenAtMs, absences: Object.fromEntries(entries) };
}
