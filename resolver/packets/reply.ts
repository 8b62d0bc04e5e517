import { flags, headerBytes, mostUdpBytes, type Rcode, rcodes } from './numbers';
import type { AskedBy } from './query';
import { ednsRecord } from './records';

/** The content of an answer. */
export type Reply = {
  readonly rcode: Rcode;
  /** The answer is about one of our names. */
  readonly isOurs?: boolean;
  readonly answers?: readonly Buffer[];
  readonly authority?: readonly Buffer[];
};

export type ReplyLimits = {
  /** Bytes. */
  readonly most: number;
  /**
   * Too large answers are shortened, because the client has no other way to ask. Otherwise they are
   * empty.
   */
  readonly isPartFine: boolean;
  /** Names of others are forwarded. */
  readonly isForwarding: boolean;
};

export type WrittenReply = {
  readonly bytes: Buffer;
  /** Count of records that did not fit. */
  readonly left: number;
};

/**
 * Writes the answer, never longer than its limit. An answer that does not fit has no records and
 * the truncation bit.
 */
export function writeReply(asked: AskedBy, reply: Reply, limits: ReplyLimits): WrittenReply {
  const { answers = [] } = reply;
  const edns = asked.edns ? [ednsRecord(asked.edns, mostUdpBytes, rcodes[reply.rcode] >> 4)] : [];
  const least = headerBytes + sizeOf([asked.question, ...edns]);
  // Without this record the client remembers nothing, and asks again.
  const authority = fittingOf(reply.authority ?? [], limits.most - least);
  const fixed = least + sizeOf(authority);
  const fitting = fittingOf(answers, limits.most - fixed);
  const isCut = fitting.length < answers.length && !limits.isPartFine;
  const given = isCut ? [] : fitting;
  const header = Buffer.alloc(headerBytes);
  header.writeUInt16BE(asked.id, 0);
  header.writeUInt16BE(flagsOf(asked, reply, limits) | (isCut ? flags.isTruncated : 0), 2);
  header.writeUInt16BE(asked.question.length > 0 ? 1 : 0, 4);
  header.writeUInt16BE(given.length, 6);
  header.writeUInt16BE(authority.length, 8);
  header.writeUInt16BE(edns.length, 10);
  return {
    bytes: Buffer.concat([header, asked.question, ...given, ...authority, ...edns]),
    left: answers.length - fitting.length,
  };
}

function flagsOf(asked: AskedBy, { rcode, isOurs }: Reply, { isForwarding }: ReplyLimits): number {
  const kept = asked.flags & (flags.opcode | flags.recursionDesired | flags.checkingDisabled);
  const said = (isOurs ? flags.isAuthoritative : 0) | (isForwarding ? flags.recursionAvailable : 0);
  return flags.isResponse | kept | said | (rcodes[rcode] & 0xf);
}

function sizeOf(parts: readonly Buffer[]): number {
  return parts.reduce((sum, { length }) => sum + length, 0);
}

/** The first records that fit. */
function fittingOf(records: readonly Buffer[], most: number): readonly Buffer[] {
  let room = most;
  const end = records.findIndex(({ length }) => {
    room -= length;
    return room < 0;
  });
  return end < 0 ? records : records.slice(0, end);
}
