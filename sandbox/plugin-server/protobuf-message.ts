import { type Cursor, readNested, readVarint } from '#plugin/server/protocol/protobuf';

/** What a message holds, by number of field. */
export type Message = ReadonlyMap<number, readonly (number | Buffer)[]>;

/** Reads any message of numbers and of what has a length. Throws RangeError when it is none. */
export function decodeMessage(bytes: Buffer): Message {
  const cursor: Cursor = { bytes, at: 0, end: bytes.length };
  const fields = new Map<number, (number | Buffer)[]>();
  while (cursor.at < cursor.end) {
    const tag = readVarint(cursor);
    const number = Math.floor(tag / 8);
    fields.set(number, [...(fields.get(number) ?? []), tag % 8 === 0 ? readVarint(cursor) : bytesOf(cursor)]);
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

function bytesOf(cursor: Cursor): Buffer {
  const { bytes, at, end } = readNested(cursor);
  return bytes.subarray(at, end);
}
