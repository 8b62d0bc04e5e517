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
  it('tells the provider who an allowed caller is, whatever the client said', () => {
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
    'judges who is in no table by the mode %s, without what the client said',
    (_, config, verdict, status) => {
      const judged = judge(config, 'vpce-0b', { 'x-privatelink-consumer': 'sd1' });

      expect([judged.verdict, judged.exit?.status, judged.headers]).toEqual([verdict, status, {}]);
    },
  );

  it.each([
    ['enforce', enforced, 'observed'],
    ['observe', observed, 'refused'],
  ] as const)('judges who is in the table of others by the other mode than %s', (_, config, verdict) => {
    const judged = judge({ ...config, others: writeTable([sd2]) }, 'vpce-0b');

    expect(judged).toMatchObject({ verdict, consumer: 'sd2', endpointId: 'vpce-0b' });
  });

  it('allows who is in both tables', () => {
    expect(judge({ ...observed, others: writeTable([{ ...sd1, consumer: 'sd9' }]) }, 'vpce-0a').verdict).toBe(
      'allowed',
    );
  });

  it.each([
    ['allow', 'missing'],
    ['reject', 'refused'],
    ['something else', 'refused'],
  ])('judges a connection without an endpoint by on_missing: %s', (on_missing, verdict) => {
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
  ])('takes %j for nobody', (tlv) => {
    const judged = judgeCaller(enforced, { tlv, headers: {} });

    expect([judged.verdict, judged.consumer, judged.endpointId]).toEqual(['refused', undefined, undefined]);
  });

  it.each([
    ['a table that is no text', { callers: undefined }],
    ['a broken table', { callers: 'sd1 111111111111 vpce-0a\n' }],
    ['a broken table of others', { others: 'sd1' }],
    ['an endpoint of two consumers', { callers: 'sd1 - vpce-0a\nsd2 - vpce-0a' }],
  ])('refuses all for %s', (_, broken) => {
    const config = { ...observed, on_missing: 'allow', ...broken };

    expect(judge(config, 'vpce-0a').verdict).toBe('refused');
    expect(judge(config, undefined).verdict).toBe('refused');
  });

  it('allows nobody whose Connection header would remove who it is', () => {
    const sent = { connection: 'close, X-Privatelink-Consumer' };

    expect(judge(enforced, 'vpce-0a', sent)).toMatchObject({ verdict: 'refused', consumer: 'sd1' });
    expect(judge(observed, 'vpce-0a', sent)).toMatchObject({ verdict: 'observed', headers: sent });
  });
});
