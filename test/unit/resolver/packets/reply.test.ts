import { describe, expect, it } from '@jest/globals';
import { type Query, readQuery } from '#resolver/packets/query';
import { recordOf } from '#resolver/packets/records';
import { type ReplyLimits, writeReply } from '#resolver/packets/reply';
import { queryOf, readAnswer } from '../../../support/network/dns';

const limits: ReplyLimits = { most: 512, isPartFine: false, isForwarding: true };

function ask(edns?: Parameters<typeof queryOf>[2]): Query {
  return readQuery(queryOf('SD2.privatelink.internal', 'SRV', edns)) as Query;
}

function srvRecords(count: number): readonly Buffer[] {
  return Array.from({ length: count }, (_, index) =>
    recordOf('SRV', { priority: 1, weight: 100, port: 80, target: `10.0.1.${index}` }),
  );
}

describe('writeReply', () => {
  it('repeats id and question in their spelling, and has records with a time to live of one second', () => {
    const { bytes, left } = writeReply(ask(), { rcode: 'NOERROR', isOurs: true, answers: srvRecords(1) }, limits);

    expect(left).toBe(0);
    expect(readAnswer(bytes)).toMatchObject({
      id: 1,
      rcode: 'NOERROR',
      flag_qr: true,
      flag_aa: true,
      flag_rd: true,
      flag_ra: true,
      flag_tc: false,
      questions: [{ name: 'SD2.privatelink.internal', type: 'SRV' }],
      answers: [
        { name: 'SD2.privatelink.internal', ttl: 1, data: { priority: 1, weight: 100, port: 80, target: '10.0.1.0' } },
      ],
      opt: undefined,
    });
  });

  it('is not authoritative for refused foreign names, and offers no recursion', () => {
    const { bytes } = writeReply(ask(), { rcode: 'REFUSED' }, { ...limits, isForwarding: false });

    expect(readAnswer(bytes)).toMatchObject({ rcode: 'REFUSED', flag_aa: false, flag_ra: false });
  });

  it('answers EDNS with its own size', () => {
    const { bytes } = writeReply(ask({ size: 4_096, isDo: true }), { rcode: 'NOERROR' }, limits);

    expect(readAnswer(bytes).opt).toMatchObject({ udpPayloadSize: 1_232, extendedRcode: 0, flag_do: true });
  });

  it('puts BADVERS into the EDNS record', () => {
    const { bytes } = writeReply(ask({ size: 4_096 }), { rcode: 'BADVERS' }, limits);

    expect(readAnswer(bytes)).toMatchObject({ rcode: 'NOERROR', opt: { extendedRcode: 1 } });
  });

  it.each([512, 900, 1_232])('has no records, and is marked as truncated, where %i bytes do not hold all', (most) => {
    const reply = { rcode: 'NOERROR', answers: srvRecords(100) } as const;

    const { bytes, left } = writeReply(ask({ size: most }), reply, { ...limits, most });

    expect(readAnswer(bytes)).toMatchObject({ flag_tc: true, answers: [], opt: { udpPayloadSize: 1_232 } });
    expect(left).toBeGreaterThan(0);
  });

  it('fills its limit to the last byte', () => {
    const answers = srvRecords(5);
    const whole = writeReply(ask(), { rcode: 'NOERROR', answers }, limits).bytes;

    const [exact, less] = [0, 1].map((lack) =>
      readAnswer(writeReply(ask(), { rcode: 'NOERROR', answers }, { ...limits, most: whole.length - lack }).bytes),
    );

    expect([exact?.answers.length, exact?.flag_tc]).toEqual([5, false]);
    expect([less?.answers.length, less?.flag_tc]).toEqual([0, true]);
  });

  it('leaves out the SOA where the longest name and suffix leave no room for it', () => {
    const name = [63, 63, 63, 57].map((length) => 'a'.repeat(length)).join('.');
    const query = readQuery(queryOf(name, 'SRV')) as Query;
    const authority = [recordOf('HINFO', { cpu: 'a'.repeat(200), os: 'b'.repeat(200) })];

    const { bytes, left } = writeReply(query, { rcode: 'NXDOMAIN', isOurs: true, authority }, limits);

    expect(bytes.length).toBeLessThanOrEqual(512);
    expect(readAnswer(bytes)).toMatchObject({ rcode: 'NXDOMAIN', flag_tc: false, authorities: [] });
    expect(left).toBe(0);
  });

  it('holds by TCP as many records as fit, because there is no larger transport', () => {
    const reply = { rcode: 'NOERROR', answers: srvRecords(3_000) } as const;

    const { bytes, left } = writeReply(ask(), reply, { ...limits, most: 65_535, isPartFine: true });
    const { answers, flag_tc } = readAnswer(bytes);

    expect(bytes.length).toBeLessThanOrEqual(65_535);
    expect(answers.length).toBe(3_000 - left);
    expect([flag_tc, left > 0]).toEqual([false, true]);
  });
});
