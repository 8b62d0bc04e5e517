import {
  classIn,
  doBit,
  flags,
  headerBytes,
  leastUdpBytes,
  mostTcpBytes,
  mostUdpBytes,
  type Rcode,
  types,
} from './numbers';

/** The abilities of a client beyond RFC 1035 (RFC 6891). */
export type Edns = {
  /** Bytes that the client accepts over UDP. */
  readonly size: number;
  /** The client asks for signatures, which do not exist here. */
  readonly isDo: boolean;
};

/** The parts that every answer repeats. */
export type AskedBy = {
  readonly id: number;
  /** The second word as it was sent. */
  readonly flags: number;
  /** The question as it was sent, in its own spelling; empty when it cannot be read. */
  readonly question: Buffer;
  readonly edns?: Edns;
};

/** One question. */
export type Query = AskedBy & {
  /** In lower case, one character for each byte; the first label is the leftmost. */
  readonly labels: readonly string[];
  readonly type: number;
};

/** A message that gets only a result. */
export type Fault = AskedBy & { readonly fault: Rcode };

export type Transport = 'udp' | 'tcp';

const none = Buffer.alloc(0);

/**
 * Reads one message. Undefined: the message gets no answer, because it is no query or shorter than
 * a header. Never throws.
 */
export function readQuery(bytes: Buffer): Query | Fault | undefined {
  if (bytes.length < headerBytes) return undefined;
  const head = { id: bytes.readUInt16BE(0), flags: bytes.readUInt16BE(2), question: none };
  if (head.flags & flags.isResponse) return undefined;
  if (head.flags & flags.opcode) return { ...head, fault: 'NOTIMP' };
  if (bytes.readUInt16BE(4) !== 1) return { ...head, fault: 'FORMERR' };
  const labels: string[] = [];
  const end = readName(bytes, labels) + 4;
  if (end < headerBytes || end > bytes.length) return { ...head, fault: 'FORMERR' };
  const asked = { ...head, question: bytes.subarray(headerBytes, end) };
  const extra = readRecords(bytes, end);
  if (!extra) return { ...asked, fault: 'FORMERR' };
  const { edns, version } = extra;
  if (version > 0) return { ...asked, edns, fault: 'BADVERS' };
  if (bytes.readUInt16BE(end - 2) !== classIn) return { ...asked, edns, fault: 'REFUSED' };
  return { ...asked, edns, labels, type: bytes.readUInt16BE(end - 4) };
}

const [mostLabelBytes, mostNameBytes] = [63, 255];

/**
 * Adds the labels of the name behind the header. Returns the end of the name, or a number below 0
 * for an invalid name. A pointer is invalid: there is nothing before the name.
 */
function readName(bytes: Buffer, labels: string[]): number {
  for (let at = headerBytes; at - headerBytes < mostNameBytes; ) {
    const length = bytes[at];
    if (length === 0) return at + 1;
    if (length === undefined || length > mostLabelBytes || at + 1 + length > bytes.length) return -headerBytes;
    labels.push(bytes.toString('latin1', at + 1, at + 1 + length).toLowerCase());
    at += 1 + length;
  }
  return -headerBytes;
}

type Extra = { readonly edns?: Edns; readonly version: number };

/**
 * Reads the records behind the question. Undefined when they cannot be read, are more than
 * announced, or have two EDNS records. Names are skipped and not decoded: names with many pointers
 * would take a second for one message.
 */
function readRecords(bytes: Buffer, start: number): Extra | undefined {
  let left = bytes.readUInt16BE(6) + bytes.readUInt16BE(8) + bytes.readUInt16BE(10);
  let extra: Extra | undefined;
  let at = start;
  for (; left > 0; left -= 1) {
    const head = endOfName(bytes, at);
    const data = head + recordHeadBytes;
    if (head < 0 || data > bytes.length) return undefined;
    if (bytes.readUInt16BE(head) === types.OPT) {
      if (extra || bytes[at] !== 0) return undefined;
      const isDo = (bytes.readUInt16BE(head + 6) & doBit) !== 0;
      extra = { edns: { size: bytes.readUInt16BE(head + 2), isDo }, version: bytes.readUInt8(head + 5) };
    }
    at = data + bytes.readUInt16BE(data - 2);
  }
  return at === bytes.length ? (extra ?? { version: 0 }) : undefined;
}

/**
 * Type, class, TTL and data length, between a record's name and its data. EDNS uses class and TTL
 * for its own values.
 */
const recordHeadBytes = 10;

/** The end of a name, whatever it points at; below 0 when it does not end. */
function endOfName(bytes: Buffer, start: number): number {
  for (let at = start; at - start < mostNameBytes; ) {
    const length = bytes[at];
    if (length === 0) return at + 1;
    if (length !== undefined && length >= pointerBits) return at + 2;
    if (length === undefined || length > mostLabelBytes) return -1;
    at += 1 + length;
  }
  return -1;
}

/** A name with a pointer ends in two bytes that begin with these bits. */
const pointerBits = 0xc0;

/** The largest size of an answer, in bytes. */
export function limitOf({ edns }: AskedBy, transport: Transport): number {
  if (transport === 'tcp') return mostTcpBytes;
  return edns ? Math.min(Math.max(edns.size, leastUdpBytes), mostUdpBytes) : leastUdpBytes;
}
