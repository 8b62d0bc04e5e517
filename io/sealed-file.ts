import { dirname } from 'node:path';
import { z } from 'zod';
import { type ErrorCode, messageOf, misfitOf, PrivatelinkError, type Problem } from '#core/errors';
import { canonicalJson, checksumOf, digestOf } from '#core/json';
import { isMissingFile, makeFolder, readRegular, writeIfChanged } from './files';

/**
 * A kind of file with a checksum, with the messages for an unusable file. The checksum finds
 * damage; it is no signature.
 */
export type Sealed<T> = {
  /** The name in messages, as in "the snapshot". */
  readonly subject: string;
  /** Raised when a reader of the version before would misunderstand the file. */
  readonly version: number;
  /**
   * Sorted: equal content has equal bytes. Quick: takes a tenth of the time, and must be read as
   * written. Indented: for people.
   */
  readonly form: 'sorted' | 'quick' | 'indented';
  readonly schema: z.ZodType<T>;
  /** Says why intact content is wrong here, as in "belongs to another owner". */
  readonly mismatchOf?: (content: T) => Problem | undefined;
  readonly code: ErrorCode;
  readonly fixes: Fixes;
  /** An earlier version had the content under a key, with a checksum over the content alone. */
  readonly older?: { readonly version: number; readonly key: string };
};

type Fixes = {
  /** The fix for a damaged file, and for the other faults when their own fix is absent. */
  readonly damaged: string;
  readonly otherVersion?: string;
  readonly otherFile?: string;
};

export function serialiseSealed<T extends object>(content: T, { version, form }: Sealed<T>): string {
  const body = { version, ...content };
  if (form === 'indented') return `${JSON.stringify({ checksum: checksumOf(body), ...body }, null, 2)}\n`;
  const text = form === 'sorted' ? canonicalJson(body) : JSON.stringify(body);
  return `{"checksum":"${digestOf(text)}",${text.slice(1)}\n`;
}

/**
 * Returns the content of the text; `from` names the file in messages. Throws PrivatelinkError with
 * the fault and the fix.
 */
export function parseSealed<T>(text: string, kind: Sealed<T>, from: string): T {
  try {
    return unseal(text, kind, from);
  } catch (thrown) {
    // Checksum and schema recurse as deep as the text nests, and a stack is finite.
    if (!(thrown instanceof RangeError)) throw thrown;
    const reason = 'is nested deeper than anything that is written here';
    throw unusable(kind, from, { reason, fix: kind.fixes.damaged });
  }
}

function unseal<T>(text: string, kind: Sealed<T>, from: string): T {
  const { version, fixes, schema, mismatchOf } = kind;
  const bad = (reason: string, fix = fixes.damaged) => unusable(kind, from, { reason, fix });
  const envelope = envelopeSchema.safeParse(parseJson(text, bad));
  if (!envelope.success) throw bad('is JSON of something else: it has no version and checksum', fixes.otherFile);
  const opened = openEnvelope(envelope.data, text, kind);
  if (!opened) {
    throw bad(`has schema version ${envelope.data.version}, this version reads ${version}`, fixes.otherVersion);
  }
  if (!opened.isWhole)
    throw bad('was changed after it was written, or damaged: its checksum does not match its content');
  const { data, error } = schema.safeParse(opened.content);
  if (error) throw bad(`has a field that cannot be used (${misfitOf(error, 'the content')})`);
  const problem = mismatchOf?.(data);
  if (problem) throw unusable(kind, from, problem);
  return data;
}

/** Returns the error for a file of this kind; the reason as in "was cut short". */
export function unusable(
  { subject, code }: Pick<Sealed<never>, 'subject' | 'code'>,
  from: string,
  { reason, fix }: Problem,
): PrivatelinkError {
  return new PrivatelinkError(`${from}: ${subject} ${reason}`, { code, fix });
}

/** Returns the content of the file, undefined without a file. Throws as `parseSealed` does. */
export async function readSealed<T>(path: string, kind: Sealed<T>): Promise<T | undefined> {
  const text = await readRegular(path).catch((thrown: unknown) => {
    if (isMissingFile(thrown)) return undefined;
    // Node's message names the path for some faults only.
    const reason = `cannot be read (${messageOf(thrown)})`;
    throw unusable(kind, path, { reason, fix: 'make it a file that this user may read' });
  });
  return text === undefined ? undefined : parseSealed(text, kind, path);
}

/** Replaces the whole file, and makes a missing folder (io/files.ts). */
export async function writeSealed<T extends object>(path: string, content: T, kind: Sealed<T>): Promise<void> {
  await makeFolder(dirname(path));
  await writeIfChanged(path, serialiseSealed(content, kind));
}

/** `looseObject`: the checksum covers the whole file. */
const envelopeSchema = z.looseObject({ version: z.int(), checksum: z.string() });

type Opened = { readonly content: unknown; readonly isWhole: boolean };

function openEnvelope(
  { checksum, ...body }: z.infer<typeof envelopeSchema>,
  text: string,
  { version, older }: Pick<Sealed<never>, 'version' | 'older'>,
): Opened | undefined {
  if (body.version === older?.version) {
    const content = body[older.key];
    const digests = [checksumOf(content), digestOf(JSON.stringify(content) ?? '')];
    return { content, isWhole: digests.includes(checksum) };
  }
  if (body.version !== version) return undefined;
  const { version: _, ...content } = body;
  return { content, isWhole: checksum === digestOfWritten(text) || checksum === checksumOf(body) };
}

/**
 * In an unchanged file the checksum is the first key. The rest is the content in its written order,
 * so nothing needs sorting.
 */
function digestOfWritten(text: string): string {
  return digestOf(text.trimEnd().replace(/^\{"checksum":"[^"]*",/, '{'));
}

function parseJson(text: string, bad: (reason: string) => PrivatelinkError): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw bad('is no JSON, perhaps it was cut short');
  }
}
