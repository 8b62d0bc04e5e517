import { expect, it } from '@jest/globals';
import { identityHeaders, isIdentityHeader, spellingsOf } from '#core/contracts/identity';
import { type TableEntry, writeTable } from '#core/contracts/table';
import { callersPriority } from '#plugin/schema/callers';
import { type LuaAnswer, type LuaHeader, type LuaRequest, lackingLua, runCallersLua } from '../../support/lua/callers';
import { describeUnlessLacking } from '../../support/needing';

const sd1: TableEntry = { consumer: 'sd1', account: '111111111111', endpointId: 'vpce-0a' };
const sd2: TableEntry = { consumer: 'sd2', endpointId: 'vpce-0b' };
const tlv = (id: string) => `\x01${id}`;

type Config = LuaRequest['config'];

const enforced: Config = {
  domain: 'egress',
  mode: 'enforce',
  on_missing: 'reject',
  callers: writeTable([sd1]),
  others: '',
};
const observed: Config = { ...enforced, mode: 'observe', on_missing: 'allow' };

function answersOf(...requests: readonly LuaRequest[]): readonly LuaAnswer[] {
  return runCallersLua(requests).answers;
}

function answerOf(request: LuaRequest): LuaAnswer {
  const [answer] = answersOf(request);
  if (!answer) throw new Error('no answer');
  return answer;
}

const isPass = ({ status, thrown }: LuaAnswer) => status === undefined && thrown === undefined;

describeUnlessLacking(lackingLua, 'the plugin privatelink-callers in LuaJIT', () => {
  it('has one phase, and a priority before all that Kong brings and that reads who calls', () => {
    const { priority, phases } = runCallersLua([]);

    expect([priority, phases]).toEqual([callersPriority, ['access']]);
    expect(priority).toBeGreaterThan(2_500);
    expect(priority).toBeLessThan(9_999);
  });

  it('tells the provider and the log who an allowed caller is', () => {
    expect(answerOf({ config: enforced, tlv: tlv('vpce-0a'), headers: [['Accept', '*/*']] })).toEqual({
      headers: [
        ['Accept', '*/*'],
        [identityHeaders.consumer, 'sd1'],
        [identityHeaders.endpoint, 'vpce-0a'],
      ],
      logged: { verdict: 'allowed', consumer: 'sd1', endpoint: 'vpce-0a' },
      said: [],
      reads: 1,
    });
  });

  it('refuses who is in no table under enforce, and says so', () => {
    expect(answerOf({ config: enforced, tlv: tlv('vpce-0b') })).toMatchObject({
      status: 403,
      message: 'this VPC endpoint may not call this service',
      headers: [],
      logged: { verdict: 'refused', endpoint: 'vpce-0b' },
      said: [
        'warn privatelink-callers: egress: endpoint vpce-0b of no consumer here: not in the contract: refused (403); requests like this in the minute before: 0',
      ],
    });
  });

  it('lets the same through under observe, and says so', () => {
    const answer = answerOf({ config: { ...observed, others: '' }, tlv: tlv('vpce-0b') });

    expect(isPass(answer)).toBe(true);
    expect(answer).toMatchObject({
      headers: [],
      logged: { verdict: 'observed', endpoint: 'vpce-0b' },
      said: [expect.stringContaining('endpoint vpce-0b of no consumer here: not in the contract: let through')],
    });
  });

  it.each([
    ['enforce', enforced, 'observed'],
    ['observe', observed, 'refused'],
  ] as const)('judges a consumer of the table of others by the other mode than %s', (_, config, verdict) => {
    const answer = answerOf({ config: { ...config, others: writeTable([sd2]) }, tlv: tlv('vpce-0b') });

    expect(answer.logged).toEqual({ verdict, consumer: 'sd2', endpoint: 'vpce-0b' });
    expect(isPass(answer)).toBe(verdict === 'observed');
    expect(answer.said).toEqual([expect.stringContaining('endpoint vpce-0b of sd2')]);
  });

  it.each([
    ['allow', 'missing', 'notice'],
    ['reject', 'refused', 'warn'],
    ['something else', 'refused', 'warn'],
    [undefined, 'refused', 'warn'],
  ])('judges a connection without an endpoint by on_missing: %s', (on_missing, verdict, level) => {
    const answer = answerOf({ config: { ...observed, on_missing } });

    expect(answer.logged).toEqual({ verdict });
    expect(isPass(answer)).toBe(verdict === 'missing');
    expect(answer.said).toEqual([expect.stringMatching(`^${level} .*the connection names no VPC endpoint`)]);
  });

  it.each([
    ['empty', ''],
    ['a type byte alone', '\x01'],
    ['without a type byte', 'vpce-0a'],
    ['of another type', '\x02vpce-0a'],
    ['short', '\x01vpce-0'],
    ['long', '\x01vpce-0a0'],
    ['doubled', '\x01vpce-0a\x01vpce-0a'],
    ['doubled with a comma', '\x01vpce-0a, vpce-0a'],
    ['in capitals', '\x01VPCE-0A'],
    ['of hexadecimal capitals', '\x01vpce-0A'],
    ['with a space before', '\x01 vpce-0a'],
    ['with a space after', '\x01vpce-0a '],
    ['with a line end', '\x01vpce-0a\n'],
    ['with a NUL', '\x01vpce-0a\0'],
    ['behind a NUL', '\x01\0vpce-0a'],
    ['of bytes over 127', '\x01vpce-0\xe4'],
    ['a consumer', '\x01sd1'],
    ['of a whole line of the table', '\x01sd1 111111111111 vpce-0a'],
    ['of the 1,000 bytes that nginx takes', `\x01vpce-${'a'.repeat(994)}`],
  ])('takes a TLV that is %s for nobody, and writes nothing of it', (_, value) => {
    const [refused, let_] = answersOf({ config: enforced, tlv: value }, { config: observed, tlv: value });

    expect([refused?.status, refused?.headers, let_?.status, let_?.headers]).toEqual([403, [], undefined, []]);
    expect(refused?.logged.consumer).toBeUndefined();
    const id = ['short', 'long'].includes(_) ? value.slice(1) : undefined;
    expect(refused?.logged.endpoint).toBe(id);
    const said = id ? `endpoint ${id} of no consumer here: ` : 'what is no id of an endpoint: ';
    expect(refused?.said.join()).toContain(`egress: ${said}not in the contract: refused (403)`);
  });
});

describeUnlessLacking(lackingLua, 'what privatelink-callers does to headers and with broken tables, in LuaJIT', () => {
  const written = Object.values(identityHeaders).flatMap(spellingsOf);
  const sent: readonly LuaHeader[] = written.flatMap((name, index) => {
    const mixed = [...name].map((one, at) => ((at + index) % 2 ? one.toUpperCase() : one.toLowerCase())).join('');
    return [name, name.toLowerCase(), name.toUpperCase(), mixed].map((one) => [one, 'sd9'] as const);
  });

  it.each([
    ['allowed', enforced, 'vpce-0a', ['sd1', 'vpce-0a']],
    ['observed', observed, 'vpce-0b', []],
    ['refused', enforced, 'vpce-0b', []],
    ['missing', observed, undefined, []],
  ] as const)('removes what a client says of itself in every spelling: %s', (_, config, id, told) => {
    const headers: readonly LuaHeader[] = [['Host', 'gateway'], ...sent, ['Cookie', 'a=b'], ...sent];

    const answer = answerOf({ config, headers, ...(id && { tlv: tlv(id) }) });

    expect(answer.headers.filter(([name]) => isIdentityHeader(name)).map(([, value]) => value)).toEqual(told);
    expect(answer.headers.slice(0, 2)).toEqual([
      ['Host', 'gateway'],
      ['Cookie', 'a=b'],
    ]);
  });

  it.each([...written, ...written.map((name) => name.toLowerCase())])(
    'removes %s that stands alone, also empty',
    (name) => {
      for (const value of ['sd9', '', 'sd9, sd1']) {
        expect(answerOf({ config: observed, tlv: tlv('vpce-0b'), headers: [[name, value]] }).headers).toEqual([]);
      }
    },
  );

  it.each(['X-Privatelink-Consumer', 'close, x-privatelink-consumer', 'X-PRIVATELINK-ENDPOINT , keep-alive'])(
    'allows nobody whose Connection header is %s: Kong would remove who calls after all plugins',
    (value) => {
      const headers = [['Connection', value]] as const;
      const [refused, let_] = answersOf(
        { config: enforced, tlv: tlv('vpce-0a'), headers },
        { config: observed, tlv: tlv('vpce-0a'), headers, at: 60 },
      );

      expect(refused).toMatchObject({ status: 403, headers, logged: { verdict: 'refused', consumer: 'sd1' } });
      expect(let_).toMatchObject({ headers, logged: { verdict: 'observed', consumer: 'sd1' } });
      expect(let_?.said.join()).toContain('its Connection header would remove who calls: let through');
    },
  );

  it.each([
    ['callers', { callers: 'sd1 111111111111 vpce-0a\n' }],
    ['others', { others: 'sd1' }],
    ['callers that are not there', { callers: undefined }],
    ['others that are a number', { others: 7 }],
    ['an endpoint of two consumers', { callers: 'sd1 - vpce-0a\nsd2 - vpce-0a' }],
  ])('refuses everybody where the table is broken: %s', (_, broken) => {
    const config = { ...observed, ...broken };

    const answers = answersOf({ config, tlv: tlv('vpce-0a') }, { config }, { config, tlv: '' });

    expect(answers.map(({ status, message }) => [status, message])).toEqual(
      answers.map(() => [403, 'the gateway cannot tell who may call']),
    );
    expect(answers.flatMap(({ said }) => said)).toEqual([
      'err privatelink-callers: egress: its table cannot be read: refused (403); requests like this in the minute before: 0',
    ]);
  });
});
