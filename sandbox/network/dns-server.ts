import { createSocket } from 'node:dgram';
import { isIPv4 } from 'node:net';

/**
 * The answers of a name server: records by `<type> <name>`, or SERVFAIL. A name without any entry
 * is NXDOMAIN.
 */
export type Zone = Map<string, readonly string[] | 'SERVFAIL'>;

export type DnsServer = { readonly address: string; readonly zone: Zone; close(): Promise<void> };

const types: Readonly<Record<number, string>> = { 1: 'A', 28: 'AAAA', 33: 'SRV' };

/**
 * Answers A, AAAA (in full or `::1` style without an embedded IPv4) and SRV (`priority weight port
 * target`) over UDP on 127.0.0.1, with a TTL of 0.
 */
export async function startDnsServer(zone: Zone = new Map()): Promise<DnsServer> {
  const socket = createSocket('udp4');
  socket.on('message', (query, { port, address }) => socket.send(answerOf(query, zone), port, address));
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  return {
    address: `127.0.0.1:${socket.address().port}`,
    zone,
    close: () => new Promise((resolve) => socket.close(() => resolve())),
  };
}

const codes = { NOERROR: 0, SERVFAIL: 2, NXDOMAIN: 3 } as const;

function answerOf(query: Buffer, zone: Zone): Buffer {
  const { name, end } = readName(query);
  const type = types[query.readUInt16BE(end)] ?? '';
  const found = zone.get(`${type} ${name}`);
  const isNamed = [...zone.keys()].some((key) => key.endsWith(` ${name}`));
  const records = Array.isArray(found) ? found : [];
  const code = found === 'SERVFAIL' ? codes.SERVFAIL : isNamed ? codes.NOERROR : codes.NXDOMAIN;
  const header = Buffer.alloc(12);
  header.writeUInt16BE(query.readUInt16BE(0), 0);
  header.writeUInt16BE(0x8180 | code, 2);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(records.length, 6);
  const question = query.subarray(12, end + 4);
  return Buffer.concat([header, question, ...records.map((record) => resourceOf(query.readUInt16BE(end), record))]);
}

function readName(query: Buffer): { readonly name: string; readonly end: number } {
  const labels: string[] = [];
  let at = 12;
  for (let length = query.readUInt8(at); length > 0; length = query.readUInt8(at)) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  return { name: labels.join('.').toLowerCase(), end: at + 1 };
}

/** A pointer to the question's name, type, class, time to live, length, data. */
function resourceOf(type: number, record: string): Buffer {
  const data = dataOf(type, record);
  const head = Buffer.alloc(12);
  head.writeUInt16BE(0xc00c, 0);
  head.writeUInt16BE(type, 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt16BE(data.length, 10);
  return Buffer.concat([head, data]);
}

function dataOf(type: number, record: string): Buffer {
  if (type !== 33) return isIPv4(record) ? Buffer.from(record.split('.').map(Number)) : ipv6Of(record);
  const [priority = 0, weight = 0, port = 0] = record.split(' ').slice(0, 3).map(Number);
  const numbers = Buffer.alloc(6);
  for (const [index, value] of [priority, weight, port].entries()) numbers.writeUInt16BE(value, index * 2);
  const labels = (record.split(' ')[3] ?? '').split('.').filter(Boolean);
  const name = labels.flatMap((label) => [Buffer.from([label.length]), Buffer.from(label)]);
  return Buffer.concat([numbers, ...name, Buffer.from([0])]);
}

function ipv6Of(record: string): Buffer {
  const [head = '', tail = ''] = record.split('::');
  const groupsOf = (text: string) => text.split(':').filter(Boolean);
  const zeros = Array(8 - groupsOf(head).length - groupsOf(tail).length).fill('0');
  const groups = [...groupsOf(head), ...zeros, ...groupsOf(tail)];
  return Buffer.from(groups.map((group) => group.padStart(4, '0')).join(''), 'hex');
}
