import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { request } from 'undici';
import { contracts } from '#config/contracts';
import { identityHeaders, spellingsOf } from '#core/contracts/identity';
import { writeTable } from '#core/contracts/table';
import { callersEntity, withTables } from '#deck/callers/entity';
import { openKong } from '#sync/control-planes/admin/kong';
import { askAboutPlugins } from '#sync/control-planes/plugins/check';
import { askBy, askHttp2, type CallersKong, startCallersKong } from '../../support/kong/callers-kong';
import { describeWithKong } from '../../support/kong/real-kong';
import { agentWith, endpointTlv, exchangeRaw, frameOf, proxyFrame } from '../../support/network/proxy-protocol';
import { until } from '../../support/until';

/**
 * The plugin privatelink-callers on a real Kong, behind bytes of a load balancer, or of an attacker
 * in its place.
 */

const callers = writeTable([
  { consumer: 'sd1', account: '111111111111', endpointId: 'vpce-0a' },
  { consumer: 'sd3', account: '333333333333', endpointId: 'vpce-0c' },
]);
const enforced = { mode: 'enforce', on_missing: 'reject', callers };
const observed = { mode: 'observe', on_missing: 'allow', callers };

let estate: CallersKong;

/**
 * Waits until requests through this endpoint get that status: Kong applies a posted configuration a
 * moment later.
 */
async function configure(config: object, beside: readonly object[] = [], more: object = {}): Promise<void> {
  path += 1;
  await estate.configure(
    config,
    [...beside, { name: 'correlation-id', config: { header_name: `X-Of-${path}` } }],
    more,
  );
  const header = `x-of-${path}`;
  await until('Kong has its configuration', async () => header in (await estate.ask(frameOf('vpce-0a'))).headers);
}

/** Another one for each configuration, so that what answers is this one. */
let path = 0;

const ofProvider = async (frame: Buffer, headers: readonly string[] = []) => {
  const before = estate.arrived();
  const { status, told } = await estate.ask(frame, { headers });
  return { status, told, arrived: estate.arrived() - before };
};

describeWithKong('the plugin privatelink-callers on a real Kong', () => {
  beforeAll(async () => {
    estate = await startCallersKong();
  });

  afterAll(() => estate?.close());

  const refused = { status: 403, told: [], arrived: 0 };
  const observedOne = { status: 200, told: [], arrived: 1 };
  const as = (...told: readonly string[]) => ({ status: 200, told, arrived: 1 });

  const tlvs = (...values: readonly string[]) => proxyFrame({ tlvs: values.map((value) => ({ value })) });
  const frames: readonly (readonly [string, Buffer, 'allowed' | 'unknown' | 'missing'])[] = [
    ['an endpoint of a consumer', frameOf('vpce-0a'), 'allowed'],
    [
      'an endpoint of a consumer over IPv6',
      proxyFrame({ source: 'fd00::9', tlvs: [endpointTlv('vpce-0a')] }),
      'allowed',
    ],
    [
      'an endpoint of a consumer after other TLVs',
      proxyFrame({
        tlvs: [
          { type: 0x03, value: 'crc3' },
          { type: 0x04, value: '\0\0' },
          { type: 0x02, value: 'host' },
          endpointTlv('vpce-0a'),
        ],
      }),
      'allowed',
    ],
    [
      'an endpoint of a consumer twice',
      proxyFrame({ tlvs: [endpointTlv('vpce-0a'), endpointTlv('vpce-0a')] }),
      'allowed',
    ],
    [
      'an endpoint of a consumer before an endpoint of nobody',
      proxyFrame({ tlvs: [endpointTlv('vpce-0a'), endpointTlv('vpce-0b')] }),
      'allowed',
    ],
    [
      'an endpoint of nobody before an endpoint of a consumer',
      proxyFrame({ tlvs: [endpointTlv('vpce-0b'), endpointTlv('vpce-0a')] }),
      'unknown',
    ],
    ['an endpoint of nobody', frameOf('vpce-0b'), 'unknown'],
    ['an empty TLV', tlvs(''), 'unknown'],
    ['a type byte alone', tlvs('\x01'), 'unknown'],
    ['no type byte', tlvs('vpce-0a'), 'unknown'],
    ['another type byte', tlvs('\x02vpce-0a'), 'unknown'],
    ['a short id', frameOf('vpce-0'), 'unknown'],
    ['a long id', frameOf('vpce-0a0'), 'unknown'],
    ['a doubled id', tlvs('\x01vpce-0a\x01vpce-0a'), 'unknown'],
    ['an id in capitals', frameOf('vpce-0A'), 'unknown'],
    ['an id with a space', frameOf('vpce-0a '), 'unknown'],
    ['an id with a NUL', frameOf('vpce-0a\0'), 'unknown'],
    ['an id with a line end', frameOf('vpce-0a\r\n'), 'unknown'],
    ['an id of 600 bytes', frameOf(`vpce-${'a'.repeat(595)}`), 'unknown'],
    ['no TLV', proxyFrame(), 'missing'],
    [
      'only other TLVs',
      proxyFrame({
        tlvs: [
          { type: 0xee, value: '\x01vpce-0a' },
          { type: 0xe9, value: '\x01vpce-0a' },
        ],
      }),
      'missing',
    ],
    [
      'a TLV that claims too many bytes',
      proxyFrame({ tlvs: [{ ...endpointTlv('vpce-0a'), claimed: 200 }] }),
      'missing',
    ],
    ['a health check (LOCAL)', proxyFrame({ command: 'LOCAL' }), 'missing'],
    ['a health check with the TLV', proxyFrame({ command: 'LOCAL', tlvs: [endpointTlv('vpce-0a')] }), 'missing'],
    ['a header of version 1', Buffer.from('PROXY TCP4 10.0.0.9 10.0.0.1 40000 80\r\n'), 'missing'],
    ['a header of version 1 of nobody', Buffer.from('PROXY UNKNOWN\r\n'), 'missing'],
  ];

  it('judges each connection by its PROXY header under enforce', async () => {
    await configure(enforced);

    const all: Record<string, unknown> = {};
    for (const [name, frame] of frames) all[name] = await ofProvider(frame);

    expect(all).toEqual(
      Object.fromEntries(frames.map(([name, , kind]) => [name, kind === 'allowed' ? as('sd1', 'vpce-0a') : refused])),
    );
  });

  it('lets every connection through under observe, and names only allowed callers', async () => {
    await configure(observed);

    const all: Record<string, unknown> = {};
    for (const [name, frame] of frames) all[name] = await ofProvider(frame, ['X-Privatelink-Consumer', 'sd1']);

    expect(all).toEqual(
      Object.fromEntries(
        frames.map(([name, , kind]) => [name, kind === 'allowed' ? as('sd1', 'vpce-0a') : observedOne]),
      ),
    );
  });

  it('is known to the node, and its schema accepts the entities of sync', async () => {
    const api = { ...openKong({ address: estate.admin }), brought: new Set<string>() };
    const services = [{ id: 'vpce-svc-0a', region: 'us-east-1' }];
    const block = contracts.parse({ services, consumers: { sd1: { accounts: ['111111111111'] } } });
    const settings = { mode: 'observe', onMissing: 'reject', exceptions: ['sd1', 'sd3'] } as const;
    const { fields } = callersEntity(settings, { service: 'egress', domain: 'egress', tags: [] });

    const told = await askAboutPlugins({ domains: {}, contracts: block }, api, AbortSignal.timeout(10_000));
    const bodies = [
      fields,
      withTables({ kind: 'plugin', key: '', domain: '', fields, tags: [] }, { callers, others: '' }).fields,
    ];
    const statuses = await Promise.all(bodies.map((body) => validate(body)));

    expect(told).toEqual({ asked: 1, problems: [], unchecked: [] });
    expect(statuses).toEqual([200, 200]);
  });

  /** What Kong says of an entity of the plugin. */
  async function validate(body: object): Promise<number> {
    const headers = { 'content-type': 'application/json' };
    const options = { method: 'POST', headers, body: JSON.stringify(body) } as const;
    const answer = await request(`${estate.admin}/schemas/plugins/validate`, options);
    await answer.body.dump();
    return answer.statusCode;
  }

  it('answers a refusal with its reason in JSON, and logs the reason', async () => {
    await configure(enforced);

    const [stranger, nobody] = [await estate.ask(frameOf('vpce-0b')), await estate.ask(proxyFrame())];

    expect([stranger, nobody].map(({ body }) => JSON.parse(body).message)).toEqual([
      'this VPC endpoint may not call this service',
      'this connection names no VPC endpoint',
    ]);
    const log = await estate.kong.log();
    expect(log).toContain('egress: endpoint vpce-0b of no consumer here: not in the contract: refused (403)');
  });

  it('fm-87 removes identity headers of the client in every spelling', async () => {
    const names = Object.values(identityHeaders).flatMap(spellingsOf);
    const spelled = names.flatMap((name) => [
      name,
      name.toLowerCase(),
      name.toUpperCase(),
      name,
      name.replaceAll(/[-_]/g, '.'),
    ]);
    const headers = spelled.flatMap((name, index) => [name, ['sd9', '', 'sd9, sd1', 'vpce-0a'][index % 4] ?? '']);
    const alone = names.map((name) => [name, 'sd9']);
    for (const [config, frame, told] of [
      [enforced, frameOf('vpce-0a'), ['sd1', 'vpce-0a']],
      [observed, frameOf('vpce-0b'), []],
      [observed, proxyFrame(), []],
    ] as const) {
      await configure(config);
      for (const sent of [headers, ...alone]) {
        const answer = await estate.ask(frame, { headers: sent });
        expect([answer.status, answer.told]).toEqual([200, told]);
        expect(Object.keys(answer.headers).filter((name) => /privatelink/.test(name))).toEqual(
          told.map((_, index) => Object.values(identityHeaders)[index]?.toLowerCase()),
        );
      }
      const trailers = names.map((name) => [name, 'sd9'] as const);
      const trailed = await estate.ask(frame, { trailers, headers: ['Trailer', names.join(', '), 'TE', 'trailers'] });
      expect([trailed.status, trailed.told, trailed.trailers]).toEqual([200, told, []]);
    }
  });

  it('judges connections and removes identity headers of the client over HTTP/2', async () => {
    const spelled = Object.values(identityHeaders)
      .flatMap(spellingsOf)
      .map((name) => name.toLowerCase());
    const sent = Object.fromEntries(spelled.map((name) => [name, ['sd9', 'sd1']]));
    const ask = (frame: Buffer) => askHttp2(frame, estate.places.http2, sent);

    await configure(enforced);
    const [known, stranger, missing] = [
      await ask(frameOf('vpce-0a')),
      await ask(frameOf('vpce-0b')),
      await ask(proxyFrame()),
    ];
    await configure(observed);
    const watched = await ask(frameOf('vpce-0b'));

    expect([known, stranger, missing, watched].map(({ status, told }) => [status, told])).toEqual([
      [200, ['sd1', 'vpce-0a']],
      [403, []],
      [403, []],
      [200, []],
    ]);
  });

  it('refuses a client whose Connection header would remove the identity headers', async () => {
    await configure(enforced);

    const named = ['X-Privatelink-Consumer', 'close, x-privatelink-endpoint'];
    const answers = await Promise.all(
      named.map((one) => estate.ask(frameOf('vpce-0a'), { headers: ['Connection', one] })),
    );
    const twice = await exchangeRaw(
      Buffer.concat([
        frameOf('vpce-0a'),
        Buffer.from('GET /call HTTP/1.1\r\nHost: a\r\nConnection: close\r\nConnection: X-Privatelink-Consumer\r\n\r\n'),
      ]),
      estate.places.http,
    );

    expect(answers.map(({ status }) => status)).toEqual([403, 403]);
    expect(twice).toMatch(/^HTTP\/1.1 403 /);
  });

  it('tells the callers on kept connections apart', async () => {
    await configure(enforced);
    const ids = ['vpce-0a', 'vpce-0c', 'vpce-0b'];
    const agents = ids.map((id) => agentWith(frameOf(id), estate.places.http));

    const told: unknown[] = [];
    for (let round = 0; round < 20; round += 1) {
      const answers = await Promise.all(agents.map((agent) => askBy(agent)));
      told.push(answers.map((one) => one.told.join() || one.status));
    }
    const sockets = agents.map((agent) => Object.values(agent.freeSockets).flat().length);
    for (const agent of agents) agent.destroy();

    expect(sockets).toEqual([1, 1, 1]);
    expect(new Set(told.map(String))).toEqual(new Set(['sd1,vpce-0a,sd3,vpce-0c,403']));
  });

  it('refuses a request on a listener without the PROXY protocol, because no endpoint is named', async () => {
    await configure(enforced);
    const bare = 'GET /call HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n';

    const answer = await exchangeRaw(Buffer.from(bare), estate.places.plain);

    expect(answer).toMatch(/^HTTP\/1.1 403 /);
  });

  it('never serves a connection with a damaged, too long or missing PROXY header', async () => {
    await configure(observed);
    const asked = Buffer.from('GET /call HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
    const before = estate.arrived();
    const whole = frameOf('vpce-0a');

    for (const frame of [
      whole.subarray(0, -3),
      frameOf(`vpce-${'a'.repeat(5_000)}`),
      Buffer.alloc(0),
      whole.subarray(4),
    ]) {
      expect(await exchangeRaw(Buffer.concat([frame, asked]), estate.places.http)).not.toMatch(/^HTTP\/1.1 200/);
    }

    expect(estate.arrived()).toBe(before);
  });
});
