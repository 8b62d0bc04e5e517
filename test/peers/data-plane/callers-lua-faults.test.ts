import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { identityHeaders, spellingsOf } from '#core/contracts/identity';
import { writeTable } from '#core/contracts/table';
import { type CallersConfig, judgeCaller } from '#sandbox/gateway/callers/judge';
import { type LuaAnswer, type LuaHeader, type LuaRequest, lackingLua, runCallersLua } from '../../support/lua/callers';
import { describeUnlessLacking } from '../../support/needing';

/**
 * The plugin in Lua under faults, over time, with large tables, and beside the same decision in
 * TypeScript.
 */

const callers = writeTable([{ consumer: 'sd1', endpointId: 'vpce-0a' }]);
const enforced = { domain: 'egress', mode: 'enforce', on_missing: 'reject', callers, others: '' };
const observed = { ...enforced, mode: 'observe', on_missing: 'allow' };
const allowed = '\x01vpce-0a';
const spoofed: readonly LuaHeader[] = [[identityHeaders.consumer, 'sd9']];

const isPass = ({ status, thrown }: LuaAnswer) => status === undefined && thrown === undefined;

describeUnlessLacking(lackingLua, 'privatelink-callers in LuaJIT: faults', () => {
  it.each([
    'ngx.var.http_x_privatelink_consumer',
    'ngx.var.http_x_privatelink_endpoint',
    'ngx.var.proxy_protocol_tlv_0xEA',
    'ngx.var.http_connection',
    'ngx.req.clear_header',
    'ngx.req.set_header',
    'no ngx.req',
  ])('refuses every request while %s fails, in both modes, and logs the fault once a minute', (fault) => {
    const headers = fault === 'ngx.var.http_x_privatelink_endpoint' ? [] : spoofed;
    const requests = [enforced, observed].map((config) => ({ config, tlv: allowed, headers, faults: [fault] }));

    const { answers } = runCallersLua([...requests, ...requests]);

    expect(answers.map(({ status, message }) => [status, message])).toEqual(
      answers.map(() => [403, 'the gateway cannot tell who may call']),
    );
    expect(answers.flatMap(({ said }) => said)).toEqual([
      expect.stringMatching(/^err privatelink-callers: egress: the plugin failed: .+: refused \(403\)/),
    ]);
    expect(answers[0]?.logged).toEqual({ verdict: 'refused' });
  });

  it.each([['kong.log.set_serialize_value'], ['kong.log.warn'], ['kong.log.notice'], ['ngx.time'], ['no kong.log']])(
    'does not change its verdict while %s fails',
    (fault) => {
      const requests: readonly LuaRequest[] = [
        { config: enforced, tlv: allowed },
        { config: enforced, tlv: '\x01vpce-0b' },
        { config: observed, tlv: '\x01vpce-0c' },
        { config: observed },
        { config: enforced },
      ];

      const { answers } = runCallersLua(requests.map((one) => ({ ...one, faults: [fault] })));

      expect(answers.map(isPass)).toEqual([true, false, true, true, false]);
      expect(answers.map(({ status }) => status)).toEqual([undefined, 403, undefined, undefined, 403]);
    },
  );

  it.each(['kong.response.exit', 'kong.response.exit returns'])(
    'lets no request through with the fault %s: it throws, and Kong answers 500',
    (fault) => {
      const { answers } = runCallersLua([{ config: enforced, tlv: '\x01vpce-0b', faults: [fault] }]);

      expect(answers.map(isPass)).toEqual([false]);
      expect(answers[0]?.thrown).toBeDefined();
    },
  );

  it.each([{}, { domain: 'egress' }, { callers, others: '' }])(
    'lets no unknown caller through with the incomplete configuration %j',
    (config) => {
      for (const setting of ['free', 'strict'] as const) {
        const { answers } = runCallersLua(
          [{ config, tlv: allowed }, { config, tlv: '\x01vpce-0b' }, { config }],
          setting,
        );

        const isKnown = 'callers' in config && setting === 'free';
        expect(answers.map(isPass)).toEqual([isKnown, false, false]);
      }
    },
  );
});

describeUnlessLacking(lackingLua, 'privatelink-callers in LuaJIT: log and memory', () => {
  it('logs one line for each caller and minute, with the number of requests in the minute before', () => {
    const of = (id: string, at: number): LuaRequest => ({ config: enforced, tlv: `\x01vpce-${id}`, at });
    const requests = [
      of('b1', 5),
      of('b1', 30),
      of('b2', 59),
      of('b1', 60),
      of('b1', 119),
      of('b2', 200),
      of('b1', 201),
    ];

    const { answers } = runCallersLua(requests);

    expect(answers.map(({ said }) => said.map((line) => line.replace(/^.*endpoint (\S+) .* before: /, '$1 ')))).toEqual(
      [['vpce-b1 0'], [], ['vpce-b2 0'], ['vpce-b1 2'], [], ['vpce-b2 0'], ['vpce-b1 0']],
    );
  });

  it('logs at most a hundred lines about callers in a minute, and still reports faults', () => {
    const strangers = Array.from({ length: 300 }, (_, index) => ({
      config: enforced,
      tlv: `\x01vpce-${index.toString(16).padStart(17, '0')}`,
    }));
    const broken = { config: { ...enforced, callers: 'x' }, tlv: allowed };
    const failed = {
      config: { ...enforced, domain: 'sd2' },
      tlv: allowed,
      faults: ['ngx.req.set_header'],
    };

    const { answers } = runCallersLua([...strangers, broken, broken, failed, failed]);

    expect(answers.slice(0, 300).flatMap(({ said }) => said)).toHaveLength(100);
    expect(answers.slice(300).map(({ said }) => said.length)).toEqual([1, 0, 1, 0]);
    expect(answers.filter(isPass)).toEqual([]);
  });

  it('shortens the text of a fault', () => {
    const { answers } = runCallersLua([{ config: enforced, tlv: allowed, faults: ['ngx.req.set_header'] }]);

    expect(answers[0]?.said.join().length).toBeLessThan(400);
  });

  it.each(['free', 'strict'] as const)('parses a table once for each configuration (%s)', (setting) => {
    const changed = { ...enforced, callers: `${callers}\nsd3 - vpce-0c` };
    const requests = [enforced, enforced, enforced, changed, changed].map((config) => ({ config, tlv: allowed }));

    const { answers } = runCallersLua(requests, setting);

    expect(answers.map(({ reads }) => reads)).toEqual([1, 0, 0, 2, 0]);
    expect(answers.every(isPass)).toBe(true);
  });

  it('parses a table once for all configurations with the same text', () => {
    const configs = Array.from({ length: 20 }, (_, index) => ({ ...enforced, domain: `d${index}` }));
    const requests = [...configs, ...configs].map((config) => ({ config, tlv: allowed }));

    const { answers } = runCallersLua(requests);

    expect(answers.reduce((sum, { reads }) => sum + reads, 0)).toBe(1);
  });

  const tableOf = (count: number, begin: number) =>
    writeTable(
      Array.from({ length: count }, (_, index) => ({
        consumer: `c${index % 50}`,
        endpointId: `vpce-${(begin + index).toString(16).padStart(17, '0')}`,
      })),
    );

  it('finds each of 10,000 endpoints in a table, and no others', () => {
    const config = { ...enforced, callers: tableOf(10_000, 0) };
    const ids = [0, 1, 4_999, 9_998, 9_999, 10_000].map((at) => `vpce-${at.toString(16).padStart(17, '0')}`);

    const { answers } = runCallersLua(ids.map((id) => ({ config, tlv: `\x01${id}` })));

    expect(answers.map(({ logged }) => logged.verdict)).toEqual([...Array(5).fill('allowed'), 'refused']);
  });

  it.each(['free', 'strict'] as const)('frees the memory of removed configurations (%s)', (setting) => {
    const requestsFor = (configurations: number) =>
      Array.from({ length: configurations }, (_, index) => ({
        config: { ...enforced, callers: tableOf(1_000, index * 1_000) },
        tlv: '\x01vpce-00000000000000000',
      }));

    const few = runCallersLua(requestsFor(2), setting).kilobytes;
    const many = runCallersLua(requestsFor(60), setting).kilobytes;

    // One table of 1,000 endpoints takes about 100 KiB; 60 of them would take 6,000. The test
    // itself holds their texts.
    expect(many - few).toBeLessThan(2_500);
  });
});

const id = fc.oneof(
  fc.constantFrom('vpce-0a', 'vpce-0b', 'vpce-0c', 'vpce-0d'),
  fc.string({ unit: fc.constantFrom(...'0123456789abcdefABg- \n\0'), maxLength: 6 }).map((text) => `vpce-${text}`),
);
const lines = fc.array(
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc
        .tuple(
          fc.constantFrom('sd1', 'sd2', '-', 'a-b'),
          fc.constantFrom('-', '111111111111'),
          fc.array(id, { minLength: 1, maxLength: 3 }),
        )
        .map(([name, account, ids]) => [name, account, ...ids].join(' ')),
    },
    {
      weight: 1,
      arbitrary: fc.constantFrom(
        '',
        'sd1',
        'sd1 -',
        'sd1  - vpce-0a',
        'sd1 12 vpce-0a',
        'SD1 - vpce-0a',
        'sd1 - vpce-0avpce-0b',
        ' sd1 - vpce-0a',
      ),
    },
  ),
  { maxLength: 3 },
);
const text = fc.oneof(
  { weight: 8, arbitrary: lines.map((all) => all.join('\n')) },
  { weight: 1, arbitrary: fc.constant(undefined) },
);
const name = fc.constantFrom(
  ...Object.values(identityHeaders).flatMap(spellingsOf),
  'X-Privatelink',
  'Accept',
  'Connection',
);
const requests = fc.record({
  config: fc.record({
    domain: fc.constant('egress'),
    mode: fc.constantFrom('observe', 'enforce', 'x', undefined),
    on_missing: fc.constantFrom('allow', 'reject', undefined),
    callers: text,
    others: text,
  }),
  tlv: fc.oneof(
    id.map((one) => `\x01${one}`),
    id,
    fc.constantFrom('', '\x01'),
    fc.constant(undefined),
  ),
  headers: fc.uniqueArray(
    fc.tuple(
      name.map((one) => one.toLowerCase()),
      fc.constantFrom('', 'sd9', 'close', 'x-privatelink-consumer'),
    ),
    { selector: ([one]) => one, maxLength: 4 },
  ),
});

type Decision = readonly unknown[];

function decided({ headers, logged, status, message }: LuaAnswer): Decision {
  const named = Object.fromEntries(headers.map(([one, value]) => [one.toLowerCase(), value]));
  return [logged.verdict, logged.consumer, logged.endpoint, status, message, named];
}

function expected(config: CallersConfig, tlv: string | undefined, headers: readonly LuaHeader[]): Decision {
  const judged = judgeCaller(config, { tlv, headers: Object.fromEntries(headers) });
  const body = judged.exit?.body as { readonly message?: string } | undefined;
  return [judged.verdict, judged.consumer, judged.endpointId, judged.exit?.status, body?.message, judged.headers];
}

describeUnlessLacking(lackingLua, 'privatelink-callers in Lua and its stand-in in TypeScript', () => {
  it.each(['free', 'strict'] as const)('make the same decision for any request (%s)', (setting) => {
    fc.assert(
      fc.property(fc.array(requests, { minLength: 50, maxLength: 100 }), (all) => {
        const { answers } = runCallersLua(all, setting);

        expect(answers.map(decided)).toEqual(all.map(({ config, tlv, headers }) => expected(config, tlv, headers)));
      }),
      { numRuns: 50 },
    );
  });
});
