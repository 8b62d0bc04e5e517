import { type Cursor, encodeMessage, type Field, readNested, readText, readVarint, skipField } from './protobuf';

/** A call of Kong, by kong/include/kong/pluginsocket.proto of Kong 3.9. */
export type RpcCall = { readonly sequence: number; readonly command: Command };

export type HandleEvent = { readonly kind: 'handle event'; readonly instanceId: number; readonly phase: string };

type Command =
  | HandleEvent
  | { readonly kind: 'start instance'; readonly name: string; readonly config: unknown }
  | { readonly kind: 'close instance'; readonly instanceId: number }
  /** A message outside this protocol version, or one that Kong never sends. */
  | { readonly kind: 'other' };

const other: Command = { kind: 'other' };

/** Tags: the number of the field times 8, plus its type (0 a number, 2 bytes). */
const sequenceTag = 1 * 8 + 0;
const startInstanceTag = 33 * 8 + 2;
const closeInstanceTag = 35 * 8 + 2;
const handleEventTag = 36 * 8 + 2;
const firstNumberTag = 1 * 8 + 0;
const firstTextTag = 1 * 8 + 2;
const secondTextTag = 2 * 8 + 2;

/**
 * Reads the message between `at` and `end`. Throws RangeError for an invalid message, and
 * SyntaxError for a configuration that is not JSON.
 */
export function parseCall(bytes: Buffer, at: number, end: number): RpcCall {
  const cursor: Cursor = { bytes, at, end };
  let sequence = 0;
  let command: Command = other;
  while (cursor.at < end) {
    const tag = readVarint(cursor);
    if (tag === sequenceTag) sequence = readVarint(cursor);
    else if (tag === handleEventTag) command = parseEvent(readNested(cursor));
    else if (tag === startInstanceTag) command = parseStart(readNested(cursor));
    else if (tag === closeInstanceTag) command = { ...parseEvent(readNested(cursor)), kind: 'close instance' };
    else skipField(cursor, tag);
  }
  return { sequence, command };
}

function parseEvent(cursor: Cursor): HandleEvent {
  let instanceId = 0;
  let phase = '';
  while (cursor.at < cursor.end) {
    const tag = readVarint(cursor);
    if (tag === firstNumberTag) instanceId = readVarint(cursor);
    else if (tag === secondTextTag) phase = readText(cursor);
    else skipField(cursor, tag);
  }
  return { kind: 'handle event', instanceId, phase };
}

function parseStart(cursor: Cursor): Command {
  let name = '';
  let config = '{}';
  while (cursor.at < cursor.end) {
    const tag = readVarint(cursor);
    if (tag === firstTextTag) name = readText(cursor);
    else if (tag === secondTextTag) config = readText(cursor);
    else skipField(cursor, tag);
  }
  return { kind: 'start instance', name, config: JSON.parse(config) };
}

export type InstanceStatus = { readonly name: string; readonly instanceId: number; readonly startedAt: number };

/** RpcReturn: the number of the call, and the instance when the call was about one. */
export function encodeReturn(sequence: number, status?: InstanceStatus): Uint8Array {
  const number: Field = [1, sequence];
  if (!status) return encodeMessage([number]);
  const { name, instanceId, startedAt } = status;
  return encodeMessage([
    number,
    [
      33,
      encodeMessage([
        [1, name],
        [2, instanceId],
        [4, startedAt],
      ]),
    ],
  ]);
}
