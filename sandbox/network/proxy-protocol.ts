import { isIP, isIPv4 } from 'node:net';

/** PROXY protocol as a network load balancer writes it, and as nginx 1.25 (Kong 3.9) reads it. */

/** One field behind the addresses of a header: `type` is one byte. */
export type Tlv = { readonly type: number; readonly value: Uint8Array };

/** The source or the destination of a connection; both ends of a header are IPv4, or both IPv6. */
export type ConnectionEnd = { readonly ip: string; readonly port: number };

export type ProxyHeader = {
  readonly source: ConnectionEnd;
  readonly destination: ConnectionEnd;
  readonly tlvs?: readonly Tlv[];
};

/** The beginning of a connection. */
export type ReadHeader =
  /** More bytes may make a header of it. */
  | { readonly state: 'incomplete' }
  /** No bytes behind these can make it a header. */
  | { readonly state: 'refused'; readonly reason: string }
  /**
   * `length`: bytes of the header. `caller`: the value of the first TLV 0xEA; absent: the header
   * has none.
   */
  | { readonly state: 'read'; readonly length: number; readonly caller?: Buffer };

/**
 * AWS's type of TLV with an endpoint id (PP2_TYPE_AWS), and the subtype byte in front of the id.
 */
const awsType = 0xea;
const endpointIdSubtype = 0x01;

/**
 * nginx reads a header into the buffer of the request's head (`client_header_buffer_size`, 1 KB).
 */
export const longestHeader = 1_024;

const signature = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1');
const fixedBytes = signature.length + 4;
const firstVersion = Buffer.from('PROXY ', 'latin1');
const tlvHeadBytes = 3;

const version = 0x20;
const proxied = 0x01;
const stream = 0x01;

/** Bytes of both addresses and both ports, by the family in the upper half of its byte. */
const addressBytes: ReadonlyMap<number, number> = new Map([
  [0x10, 12],
  [0x20, 36],
]);

/** Returns the TLV of a load balancer for the endpoint of a connection. */
export function endpointTlv(endpointId: string): Tlv {
  return { type: awsType, value: Buffer.from([endpointIdSubtype, ...Buffer.from(endpointId, 'latin1')]) };
}

/**
 * Writes a header of version 2 for a TCP connection. Throws RangeError when the ends are no
 * addresses of one family, and for more than 64 KB of TLVs.
 */
export function writeProxyHeader({ source, destination, tlvs = [] }: ProxyHeader): Buffer {
  const ends = [source, destination];
  const family = isIPv4(source.ip) ? 0x10 : 0x20;
  if (ends.some(({ ip }) => isIP(ip) !== isIP(source.ip) || isIP(ip) === 0))
    throw new RangeError(`${source.ip} and ${destination.ip} are no addresses of one family`);
  const rest = Buffer.concat([
    ...ends.map(({ ip }) => bytesOf(ip)),
    ...ends.map(({ port }) => inTwoBytes(port)),
    ...tlvs.flatMap(({ type, value }) => [Buffer.from([type]), inTwoBytes(value.length), value]),
  ]);
  return Buffer.concat([signature, Buffer.from([version | proxied, family | stream]), inTwoBytes(rest.length), rest]);
}

function inTwoBytes(count: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(count);
  return bytes;
}

/** Four or sixteen bytes. */
function bytesOf(ip: string): Buffer {
  if (isIPv4(ip)) return Buffer.from(ip.split('.').map(Number));
  // The URL parser writes IPv6 in its one short form, without an IPv4 address at its end.
  const [head = '', tail] = new URL(`http://[${ip}]`).hostname.slice(1, -1).split('::');
  const groups = (text: string | undefined) => (text ? text.split(':') : []);
  const zeros = Array<string>(tail === undefined ? 0 : 8 - groups(head).length - groups(tail).length).fill('0');
  return Buffer.concat([...groups(head), ...zeros, ...groups(tail)].map((group) => inTwoBytes(Number(`0x${group}`))));
}

/** Reads the header of a connection, version 2 or 1. Version 1 has no TLVs. Never throws. */
export function readProxyHeader(bytes: Buffer): ReadHeader {
  if (isBeginning(bytes, signature)) return bytes.length < fixedBytes ? incomplete : readSecond(bytes);
  if (isBeginning(bytes, firstVersion)) return readFirst(bytes);
  return refused('it does not begin with a header of PROXY protocol');
}

const incomplete: ReadHeader = { state: 'incomplete' };

function refused(reason: string): ReadHeader {
  return { state: 'refused', reason };
}

/** Whether `bytes` may grow into a text that begins with `prefix`. */
function isBeginning(bytes: Buffer, prefix: Buffer): boolean {
  const length = Math.min(bytes.length, prefix.length);
  return bytes.subarray(0, length).equals(prefix.subarray(0, length));
}

/**
 * `bytes` holds the whole fixed part. A family unknown to nginx, and UDP, pass without their
 * addresses.
 */
function readSecond(bytes: Buffer): ReadHeader {
  const command = bytes.readUInt8(signature.length);
  const transport = bytes.readUInt8(signature.length + 1);
  const length = fixedBytes + bytes.readUInt16BE(signature.length + 2);
  if ((command & 0xf0) !== version) return refused(`its version is ${command >> 4}`);
  if (length > longestHeader) return refused(`its header has ${length} bytes`);
  if (bytes.length < length) return incomplete;
  const addresses = addressBytes.get(transport & 0xf0);
  if ((command & 0x0f) !== proxied || (transport & 0x0f) !== stream || addresses === undefined)
    return { state: 'read', length };
  if (length < fixedBytes + addresses) return refused('its header is too short for its addresses');
  const caller = firstOf(awsType, bytes.subarray(fixedBytes + addresses, length));
  return { state: 'read', length, ...(caller && { caller }) };
}

/** The value of the first TLV of the type; undefined where a broken one stands before it. */
function firstOf(type: number, bytes: Buffer): Buffer | undefined {
  for (let at = 0; bytes.length - at >= tlvHeadBytes; ) {
    const end = at + tlvHeadBytes + bytes.readUInt16BE(at + 1);
    if (end > bytes.length) return undefined;
    if (bytes[at] === type) return Buffer.from(bytes.subarray(at + tlvHeadBytes, end));
    at = end;
  }
  return undefined;
}

/**
 * Reads a line such as `PROXY TCP4 10.0.0.1 10.0.0.2 40000 8000`, or `PROXY UNKNOWN` with any text
 * behind it.
 */
function readFirst(bytes: Buffer): ReadHeader {
  const end = bytes.subarray(0, longestHeader).indexOf('\r\n');
  if (end < 0) return bytes.length < longestHeader ? incomplete : refused('its line has no end');
  const line = bytes.toString('latin1', 0, end);
  return isFirstVersion(line) ? { state: 'read', length: end + 2 } : refused('its line is no header of version 1');
}

function isFirstVersion(line: string): boolean {
  const [, protocol, ...fields] = line.split(' ');
  if (protocol === 'UNKNOWN') return true;
  const version = protocol === 'TCP4' ? 4 : protocol === 'TCP6' ? 6 : undefined;
  const [source = '', destination = '', ...ports] = fields;
  const isEnd = (port: string) => /^\d{1,5}$/.test(port) && Number(port) <= 65_535;
  return isIP(source) === version && isIP(destination) === version && ports.length === 2 && ports.every(isEnd);
}
