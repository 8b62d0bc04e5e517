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
  it('has one phase, and runs before every plugin of Kong that reads the caller', () => {
    const { priority, phases } = runCallersLua([]);

    expect([priority, phases]).toEqual([callersPriority, ['access']]);
    expect(priority).toBeGreaterThan(2_500);
    expect(priority).toBeLessThan(9_999);
  });

  it('names an allowed caller to the provider and in the log', () => {
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

  it('refuses an unknown caller under enforce, and logs the refusal', () => {
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

  it('lets an unknown caller through under observe, and logs the caller', () => {
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
  ] as const)('applies the opposite of mode %s to a consumer in the table of others', (_, config, verdict) => {
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
  ])('treats a connection without an endpoint as on_missing says: %s', (on_missing, verdict, level) => {
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
    ['in hexadecimal capitals', '\x01vpce-0A'],
    ['with a space before', '\x01 vpce-0a'],
    ['with a space after', '\x01vpce-0a '],
    ['with a line end', '\x01vpce-0a\n'],
    ['with a NUL after', '\x01vpce-0a\0'],
    ['with a NUL before', '\x01\0vpce-0a'],
    ['of bytes over 127', '\x01vpce-0\xe4'],
    ['a name of a consumer', '\x01sd1'],
    ['a whole line of the table', '\x01sd1 111111111111 vpce-0a'],
    ['1,000 bytes long, the limit of nginx', `\x01vpce-${'a'.repeat(994)}`],
  ])('names no consumer for a TLV that is %s, and sets no header', (_, value) => {
    const [refused, let_] = answersOf({ config: enforced, tlv: value }, { config: observed, tlv: value });

    expect([refused?.status, refused?.headers, let_?.status, let_?.headers]).toEqual([403, [], undefined, []]);
    expect(refused?.logged.consumer).toBeUndefined();
    const id = ['short', 'long'].includes(_) ? value.slice(1) : undefined;
    expect(refused?.logged.endpoint).toBe(id);
    const said = id ? `endpoint ${id} of no consumer here: ` : 'what is no id of an endpoint: ';
    expect(refused?.said.join()).toContain(`egress: ${said}not in the contract: refused (403)`);
  });
});

describeUnlessLacking(lackingLua, 'privatelink-callers in LuaJIT: headers and broken tables', () => {
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
  ] as const)('removes identity headers of the client in every spelling (%s)', (_, config, id, told) => {
    const headers: readonly LuaHeader[] = [['Host', 'gateway'], ...sent, ['Cookie', 'a=b'], ...sent];

    const answer = answerOf({ config, headers, ...(id && { tlv: tlv(id) }) });

    expect(answer.headers.filter(([name]) => isIdentityHeader(name)).map(([, value]) => value)).toEqual(told);
    expect(answer.headers.slice(0, 2)).toEqual([
      ['Host', 'gateway'],
      ['Cookie', 'a=b'],
    ]);
  });

  it.each([...written, ...written.map((name) => name.toLowerCase())])(
    'removes header %s without other identity headers, even an empty one',
    (name) => {
      for (const value of ['sd9', '', 'sd9, sd1']) {
        expect(answerOf({ config: observed, tlv: tlv('vpce-0b'), headers: [[name, value]] }).headers).toEqual([]);
      }
    },
  );

  it.each(['X-Privatelink-Consumer', 'close, x-privatelink-consumer', 'X-PRIVATELINK-ENDPOINT , keep-alive'])(
    'does not allow a caller with Connection: %s, because Kong would remove the identity headers',
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
    ['callers with a final line end', { callers: 'sd1 111111111111 vpce-0a\n' }],
    ['others without an endpoint', { others: 'sd1' }],
    ['no callers', { callers: undefined }],
    ['a number as others', { others: 7 }],
    ['an endpoint of two consumers', { callers: 'sd1 - vpce-0a\nsd2 - vpce-0a' }],
  ])('refuses every caller when the table is broken: %s', (_, broken) => {
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
