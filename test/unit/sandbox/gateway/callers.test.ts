import { describe, expect, it } from '@jest/globals';
import { writeTable } from '#core/contracts/table';
import { type CallersConfig, judgeCaller } from '#sandbox/gateway/callers/judge';

const sd1 = { consumer: 'sd1', account: '111111111111', endpointId: 'vpce-0a' };
const sd2 = { consumer: 'sd2', endpointId: 'vpce-0b' };

const base = { domain: 'egress', on_missing: 'reject', callers: writeTable([sd1]), others: '' };
const enforced: CallersConfig = { ...base, mode: 'enforce' };
const observed: CallersConfig = { ...base, mode: 'observe' };

function judge(config: CallersConfig, endpointId: string | undefined, headers: Record<string, string> = {}) {
  return judgeCaller(config, { tlv: endpointId === undefined ? undefined : `\x01${endpointId}`, headers });
}

describe('the stand-in of privatelink-callers', () => {
  it('tells the provider the identity of an allowed caller, whatever the client sent', () => {
    const sent = { accept: '*/*', 'x_privatelink-consumer': 'sd9', 'x-privatelink-endpoint': 'vpce-9' };

    expect(judge(enforced, 'vpce-0a', sent)).toEqual({
      verdict: 'allowed',
      headers: { accept: '*/*', 'x-privatelink-consumer': 'sd1', 'x-privatelink-endpoint': 'vpce-0a' },
      consumer: 'sd1',
      endpointId: 'vpce-0a',
    });
  });

  it.each([
    ['enforce', enforced, 'refused', 403],
    ['observe', observed, 'observed', undefined],
  ] as const)(
    'applies mode %s to a caller in no table, and drops what the client sent',
    (_, config, verdict, status) => {
      const judged = judge(config, 'vpce-0b', { 'x-privatelink-consumer': 'sd1' });

      expect([judged.verdict, judged.exit?.status, judged.headers]).toEqual([verdict, status, {}]);
    },
  );

  it.each([
    ['enforce', enforced, 'observed'],
    ['observe', observed, 'refused'],
  ] as const)('applies the mode other than %s to a caller in the table of others', (_, config, verdict) => {
    const judged = judge({ ...config, others: writeTable([sd2]) }, 'vpce-0b');

    expect(judged).toMatchObject({ verdict, consumer: 'sd2', endpointId: 'vpce-0b' });
  });

  it('allows a caller in both tables', () => {
    expect(judge({ ...observed, others: writeTable([{ ...sd1, consumer: 'sd9' }]) }, 'vpce-0a').verdict).toBe(
      'allowed',
    );
  });

  it.each([
    ['allow', 'missing'],
    ['reject', 'refused'],
    ['something else', 'refused'],
  ])('applies on_missing to a connection without an endpoint: %s', (on_missing, verdict) => {
    expect(judge({ ...observed, on_missing }, undefined)).toMatchObject({ verdict, headers: {} });
  });

  it.each([
    '',
    '\x01',
    'vpce-0a',
    '\x02vpce-0a',
    '\x01vpce-0A',
    '\x01vpce-0a ',
    '\x01vpce-0a\0',
    '\x01vpce-0a\x01vpce-0a',
  ])('does not identify a caller by %j', (tlv) => {
    const judged = judgeCaller(enforced, { tlv, headers: {} });

    expect([judged.verdict, judged.consumer, judged.endpointId]).toEqual(['refused', undefined, undefined]);
  });

  it.each([
    ['a table that is not text', { callers: undefined }],
    ['a broken table', { callers: 'sd1 111111111111 vpce-0a\n' }],
    ['a broken table of the other callers', { others: 'sd1' }],
    ['an endpoint of two consumers', { callers: 'sd1 - vpce-0a\nsd2 - vpce-0a' }],
  ])('refuses all callers for %s', (_, broken) => {
    const config = { ...observed, on_missing: 'allow', ...broken };

    expect(judge(config, 'vpce-0a').verdict).toBe('refused');
    expect(judge(config, undefined).verdict).toBe('refused');
  });

  it('allows no caller whose Connection header would remove its identity headers', () => {
    const sent = { connection: 'close, X-Privatelink-Consumer' };

    expect(judge(enforced, 'vpce-0a', sent)).toMatchObject({ verdict: 'refused', consumer: 'sd1' });
    expect(judge(observed, 'vpce-0a', sent)).toMatchObject({ verdict: 'observed', headers: sent });
  });
});
