/**
 * Protocol buffers for Kong's ProtoBuf:1. Written independently of the plugin's own, so that both
 * cannot share a mistake.
 */

/** A field of a message: its number with a number (varint) or with bytes (text, nested message). */
export type Field = readonly [number: number, value: number | string | Uint8Array];

/** The fields of a message by number. */
export type Message = ReadonlyMap<number, readonly (number | Buffer)[]>;

const varint = 0;
const lengthPrefixed = 2;

/** The bytes of a message. */
export function encodeMessage(fields: readonly Field[]): Uint8Array {
  return Buffer.concat(fields.flatMap(encodeField));
}

function encodeField([number, value]: Field): readonly Uint8Array[] {
  if (typeof value === 'number') return [Buffer.from([...varintOf(number * 8 + varint), ...varintOf(value)])];
  const bytes = Buffer.from(value);
  return [Buffer.from([...varintOf(number * 8 + lengthPrefixed), ...varintOf(bytes.length)]), bytes];
}

/** Reads any message of numbers and of fields with a length. Throws RangeError for other bytes. */
export function decodeMessage(bytes: Buffer): Message {
  const fields = new Map<number, (number | Buffer)[]>();
  const cursor = { bytes, at: 0 };
  while (cursor.at < bytes.length) {
    const tag = readVarint(cursor);
    const number = Math.floor(tag / 8);
    if (number === 0) throw new RangeError('a field has the number 0');
    fields.set(number, [...(fields.get(number) ?? []), readValue(cursor, tag % 8)]);
  }
  return fields;
}

/** The number in a field; 0 when it is absent, as proto3 has it. */
export function numberOf(message: Message, field: number): number {
  const value = message.get(field)?.[0] ?? 0;
  if (typeof value !== 'number') throw new RangeError(`field ${field} is no number`);
  return value;
}

/** The bytes of every value of a field. */
export function nestedOf(message: Message, field: number): readonly Buffer[] {
  return (message.get(field) ?? []).map((value) => {
    if (typeof value === 'number') throw new RangeError(`field ${field} is a number`);
    return value;
  });
}

/** The text in a field; empty when it is absent. */
export function textOf(message: Message, field: number): string {
  return nestedOf(message, field)[0]?.toString() ?? '';
}

/** The position of the reader. */
type Cursor = { readonly bytes: Buffer; at: number };

function readValue(cursor: Cursor, type: number): number | Buffer {
  const value = readVarint(cursor);
  if (type === varint) return value;
  if (type !== lengthPrefixed) throw new RangeError(`a field has the type ${type}, which Kong never sends`);
  const start = cursor.at;
  cursor.at += value;
  if (cursor.at > cursor.bytes.length) throw new RangeError('a field is longer than its message');
  return cursor.bytes.subarray(start, cursor.at);
}

/** Seven bits to a byte, the lowest first; the highest bit of a byte says that another follows. */
function readVarint(cursor: Cursor): number {
  const start = cursor.at;
  while ((cursor.bytes[cursor.at] ?? 0) > 127) cursor.at += 1;
  cursor.at += 1;
  if (cursor.at > cursor.bytes.length) throw new RangeError('a number is cut short');
  const digits = cursor.bytes.subarray(start, cursor.at);
  const value = digits.reduceRight((higher, byte) => higher * 128 + (byte % 128), 0);
  if (!Number.isSafeInteger(value)) throw new RangeError('a number is out of range');
  return value;
}

function varintOf(value: number): readonly number[] {
  return value < 128 ? [value] : [128 + (value % 128), ...varintOf(Math.floor(value / 128))];
}
