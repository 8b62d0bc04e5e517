/**
 * The parts of protocol buffers that Kong's ProtoBuf:1 uses. There is no library, because every
 * request goes through here.
 */

/**
 * A field of a message: its number, and a number (varint) or bytes (text, bytes, nested message).
 */
export type Field = readonly [number: number, value: number | string | Uint8Array];

const varintType = 0;
const bytesType = 2;
/** Bytes to skip for fixed64 and fixed32. */
const fixedSizes: Readonly<Record<number, number>> = { 1: 8, 5: 4 };

/** The bytes of a message, for messages that are encoded once and kept. */
export function encodeMessage(fields: readonly Field[]): Uint8Array {
  return Buffer.concat(fields.flatMap(encodeField));
}

function encodeField([number, value]: Field): readonly Uint8Array[] {
  if (typeof value === 'number') return [Buffer.from([...varintOf(number * 8 + varintType), ...varintOf(value)])];
  const bytes = Buffer.from(value);
  return [Buffer.from([...varintOf(number * 8 + bytesType), ...varintOf(bytes.length)]), bytes];
}

/** A whole number from 0 to 2^53 - 1, seven bits in each byte, the lowest first. */
export function varintOf(value: number): readonly number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  return [...bytes, rest];
}

/** The reading position in `bytes`, and its end. */
export type Cursor = { readonly bytes: Buffer; at: number; readonly end: number };

/**
 * Reads a varint that fits a number exactly. Throws RangeError for any other, because Kong counts
 * from 0.
 */
export function readVarint(cursor: Cursor): number {
  let value = 0;
  let factor = 1;
  for (let length = 1; length <= 8; length += 1) {
    if (cursor.at >= cursor.end) throw new RangeError('a number is cut short');
    const byte = cursor.bytes[cursor.at] ?? 0;
    cursor.at += 1;
    value += (byte & 127) * factor;
    if (byte < 128 && value <= Number.MAX_SAFE_INTEGER) return value;
    factor *= 128;
  }
  throw new RangeError('a number is out of range');
}

/**
 * Reads the length of a nested field and moves past the field. Returns a cursor on the field.
 * Throws RangeError when it is longer than the rest.
 */
export function readNested(cursor: Cursor): Cursor {
  const length = readVarint(cursor);
  const at = cursor.at;
  if (length > cursor.end - at) throw new RangeError('a field is longer than its message');
  cursor.at = at + length;
  return { bytes: cursor.bytes, at, end: cursor.at };
}

/** The text of a nested field. */
export function readText(cursor: Cursor): string {
  const { bytes, at, end } = readNested(cursor);
  return bytes.toString('utf8', at, end);
}

/** Moves past the value of an unused field; `tag` stood before the value. */
export function skipField(cursor: Cursor, tag: number): void {
  const type = tag % 8;
  if (type === varintType) skipVarint(cursor);
  else if (type === bytesType) readNested(cursor);
  else {
    cursor.at += fixedSizes[type] ?? Infinity;
    if (cursor.at > cursor.end) throw new RangeError('a field is cut short or of a type that nobody uses');
  }
}

/** A skipped varint may have all 64 bits. */
function skipVarint(cursor: Cursor): void {
  for (let length = 1; length <= 10 && cursor.at < cursor.end; length += 1) {
    const byte = cursor.bytes[cursor.at] ?? 0;
    cursor.at += 1;
    if (byte < 128) return;
  }
  throw new RangeError('a number is cut short');
}
