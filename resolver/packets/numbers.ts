/** DNS numbers of types, classes and results (RFC 1035, 2782, 3596, 6891). */

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

/** The class of the internet. Nobody uses the other classes. */
export const classIn = 1;

/**
 * Results. A result above 15, for example BADVERS, needs EDNS: its upper bits stand in the EDNS
 * record.
 */
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

/** The result of a whole message, without the bits in EDNS. */
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
/**
 * The size that every client accepts over UDP (RFC 1035), and the largest size sent: larger
 * messages may be lost as fragments.
 */
export const leastUdpBytes = 512;
export const mostUdpBytes = 1_232;
/** The length of a message over TCP has two bytes. */
export const mostTcpBytes = 65_535;
/**
 * A client sets this bit in its EDNS record to ask for signatures; the answer repeats it (RFC
 * 3225).
 */
export const doBit = 0x8000;
