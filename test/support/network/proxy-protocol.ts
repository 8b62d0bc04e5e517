import { Agent } from 'node:http';
import { connect, isIPv6, type Socket } from 'node:net';

/**
 * Headers of the PROXY protocol as a load balancer sends them at the beginning
 * (haproxy.org/download/1.8/doc/proxy-protocol.txt), byte by byte.
 */

const signature = Buffer.from('0d0a0d0a000d0a515549540a', 'hex');

/** Type of the TLV that AWS's load balancers add: 1, then the id of the VPC endpoint. */
export const awsTlv = 0xea;

export type Tlv = {
  readonly type?: number;
  /** A character for each byte. */
  readonly value: string;
  /** The length in the TLV; absent: the actual length of the value. */
  readonly claimed?: number;
};

export type FrameOptions = {
  readonly command?: 'PROXY' | 'LOCAL';
  /** Of the client; an IPv6 address makes the frame one of that family. */
  readonly source?: string;
  /** UDP in place of TCP. */
  readonly isDatagram?: boolean;
  readonly tlvs?: readonly Tlv[];
};

/** A header of version 2. */
export function proxyFrame({
  command = 'PROXY',
  source = '10.0.0.9',
  isDatagram,
  tlvs = [],
}: FrameOptions = {}): Buffer {
  const family = (isIPv6(source) ? 0x20 : 0x10) | (isDatagram ? 2 : 1);
  const ports = Buffer.from([0x30, 0x39, 0, 80]);
  const address = addressBytes(source);
  const rest = Buffer.concat([address, address, ports, ...tlvs.map(tlvBytes)]);
  const head = Buffer.from([command === 'LOCAL' ? 0x20 : 0x21, family, rest.length >> 8, rest.length & 0xff]);
  return Buffer.concat([signature, head, rest]);
}

/** The TLV of AWS for an endpoint. */
export function endpointTlv(id: string): Tlv {
  return { value: `\x01${id}` };
}

/** A header as a load balancer of AWS sends it for a connection through this endpoint. */
export function frameOf(id: string): Buffer {
  return proxyFrame({ tlvs: [endpointTlv(id)] });
}

function tlvBytes({ type = awsTlv, value, claimed }: Tlv): Buffer {
  const length = claimed ?? value.length;
  return Buffer.concat([Buffer.from([type, length >> 8, length & 0xff]), Buffer.from(value, 'latin1')]);
}

function addressBytes(address: string): Buffer {
  if (!isIPv6(address)) return Buffer.from(address.split('.').map(Number));
  const [left = '', right = ''] = address.split('::');
  const words = (text: string) => (text ? text.split(':') : []);
  const zeros = Array(8 - words(left).length - words(right).length).fill('0');
  return Buffer.from([...words(left), ...zeros, ...words(right)].map((word) => word.padStart(4, '0')).join(''), 'hex');
}

export type Place = { readonly host: string; readonly port: number };

/** A connection that begins with these bytes. */
export function connectWith(frame: Buffer, { host, port }: Place): Socket {
  const socket = connect({ host, port, noDelay: true });
  socket.write(frame);
  return socket;
}

/** One connection at a time that begins with these bytes, kept alive. */
export function agentWith(frame: Buffer, place: Place): Agent {
  return Object.assign(new Agent({ keepAlive: true, maxSockets: 1 }), {
    createConnection: () => connectWith(frame, place),
  });
}

/** Sends bytes and gives what came back until the other side closed. */
export async function exchangeRaw(bytes: Buffer, place: Place): Promise<string> {
  const socket = connectWith(bytes, place);
  const parts: Buffer[] = [];
  socket.on('data', (part) => parts.push(part)).setTimeout(10_000, () => socket.destroy());
  await new Promise((resolve) => socket.on('error', () => {}).on('close', resolve));
  return Buffer.concat(parts).toString('latin1');
}
