/** Numbers that DNS gives to types, classes and results (RFC 1035, 2782, 3596, 6891). */

export const types = {
  A: 1,
  SOA: 6,
  HINFO: 13,
  AAAA: 28,
  SRV: 33,
  OPT: 41,
  IXFR: 251,
  AXFR: 252,
  ANY: 255,
} as const;

/** The class of the internet; there are others, which nobody uses. */
export const classIn = 1;

/** Results. BADVERS needs EDNS: what is above 15 stands in its record. */
export const rcodes = {
  NOERROR: 0,
  FORMERR: 1,
  SERVFAIL: 2,
  NXDOMAIN: 3,
  NOTIMP: 4,
  REFUSED: 5,
  BADVERS: 16,
} as const;

export type Rcode = keyof typeof rcodes;

/** The result that a whole message tells, without what EDNS adds. */
export function rcodeOf(message: Buffer): number {
  return message.readUInt16BE(2) & 0xf;
}

/** Bits of the second word of a message. */
export const flags = {
  isResponse: 0x8000,
  opcode: 0x7800,
  isAuthoritative: 0x0400,
  isTruncated: 0x0200,
  recursionDesired: 0x0100,
  recursionAvailable: 0x0080,
  checkingDisabled: 0x0010,
} as const;

export const headerBytes = 12;
/** What every client takes by UDP (RFC 1035), and the most that is sent so: larger ones may be lost as fragments. */
export const leastUdpBytes = 512;
export const mostUdpBytes = 1_232;
/** The length of a message by TCP has two bytes. */
export const mostTcpBytes = 65_535;
/** What a client that asks for signatures says in its EDNS record, and hears again (RFC 3225). */
export const doBit = 0x8000;
