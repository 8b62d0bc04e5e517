import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { identityHeaders, spellingsOf } from '#core/contracts/identity';
import { writeTable } from '#core/contracts/table';
import type { CallerRequest } from '#sandbox/gateway/callers/judge';
import { createLuaCallers } from '#sandbox/gateway/callers/lua';
import { callersHandlerPath, hasLuajit, openCallers } from '#sandbox/gateway/callers/open';
import { type Judged, plainCallers } from '#sandbox/gateway/callers/runner';
import { describeUnlessLacking } from '../../../support/needing';
import { until } from '../../../support/until';

const lacking = spawnSync('luajit', ['-v']).error
  ? 'there is no LuaJIT. To run it: put luajit on PATH (apt-get install luajit)'
  : undefined;

const callers = writeTable([{ consumer: 'sd1', account: '111111111111', endpointId: 'vpce-0a' }]);
const plugin = { id: 'one', config: { domain: 'sd2', mode: 'enforce', on_missing: 'reject', callers, others: '' } };
const tlvOf = (id: string) => `\x01${id}`;
const known: CallerRequest = { tlv: tlvOf('vpce-0a'), headers: { accept: '*/*' } };

describe('the plugin without LuaJIT', () => {
  it("is replaced by plain code, which fills in Kong's defaults", async () => {
    const judged = await plainCallers.judge(
      { id: 'one', config: { domain: 'sd2', callers } },
      { headers: {}, tlv: undefined },
    );

    expect(judged).toEqual({ verdict: 'missing', headers: {} });
  });
});

describeUnlessLacking(lacking, "the plugin's Lua file beside the gateway", () => {
  let lua: ReturnType<typeof createLuaCallers>;

  beforeAll(() => {
    lua = createLuaCallers({ handlerPath: callersHandlerPath });
  });

  afterAll(() => lua.close());

  it('runs where LuaJIT is, from the first request on', async () => {
    expect(existsSync(callersHandlerPath)).toBe(true);
    expect(await hasLuajit()).toBe(true);
    const own = openCallers();

    const judged = await own.judge(plugin, known);
    await own.close();

    expect(judged).toMatchObject({ verdict: 'allowed', consumer: 'sd1', endpointId: 'vpce-0a' });
  });

  it('follows the configuration of each entity', async () => {
    const other = { ...plugin, config: { ...plugin.config, callers: '' } };

    const judged = [await lua.judge(plugin, known), await lua.judge(other, known), await lua.judge(plugin, known)];

    expect(judged.map(({ verdict }) => verdict)).toEqual(['allowed', 'refused', 'allowed']);
  });

  it('separates concurrent requests', async () => {
    const asked = Array.from({ length: 50 }, (_, at) => lua.judge(plugin, { ...known, headers: { at: String(at) } }));

    const judged = await Promise.all(asked);

    expect(judged.map(({ headers }) => headers.at)).toEqual(asked.map((_, at) => String(at)));
  });

  it('judges as the plain code does', async () => {
    await fc.assert(
      fc.asyncProperty(entity, request, async (entity, asked) => {
        const [own, other] = [await lua.judge(entity, asked), await plainCallers.judge(entity, asked)];

        expect(compared(own)).toEqual(compared(other));
      }),
      { numRuns: 1_000 },
    );
  });

  describe('after its process ended', () => {
    const pidOf = () => lua.child()?.pid;

    it('refuses requests until it runs again', async () => {
      expect((await lua.judge(plugin, known)).verdict).toBe('allowed');
      const before = pidOf() ?? 0;

      process.kill(before, 'SIGKILL');
      const [under, way] = [await lua.judge(plugin, known), lua.child()];

      expect([under, way]).toEqual([refused, undefined]);
      expect(await lua.judge(plugin, known)).toEqual(refused);
      await until('it runs again', () => pidOf() !== undefined && pidOf() !== before);
      expect((await lua.judge(plugin, known)).verdict).toBe('allowed');
    });

    it('stays closed with the gateway', async () => {
      const own = createLuaCallers({ handlerPath: callersHandlerPath });
      await own.judge(plugin, known);
      const pid = own.child()?.pid ?? 0;

      await own.close();

      expect(() => process.kill(pid, 0)).toThrow('ESRCH');
      expect(await own.judge(plugin, known)).toEqual(refused);
    });
  });

  describe('with another handler', () => {
    let folder: string;

    beforeAll(() => {
      folder = mkdtempSync(join(tmpdir(), 'kong-privatelink-'));
    });

    afterAll(() => rmSync(folder, { recursive: true }));

    it.each([
      ['raises an error', 'local Handler = {} function Handler:access() error("no") end return Handler'],
      ['is not Lua', 'local'],
    ])('refuses when it %s', async (_, text) => {
      const handlerPath = join(folder, 'handler.lua');
      writeFileSync(handlerPath, text);
      const own = createLuaCallers({ handlerPath });

      const judged = await own.judge(plugin, known);
      await own.close();

      expect(judged).toEqual(refused);
    });
  });
});

const refused = {
  headers: known.headers,
  exit: { status: 500, body: { message: 'An unexpected error occurred' } },
};

/** The answer as a provider and the log see it, where an absent field equals an undefined field. */
function compared({ verdict, consumer, endpointId, exit, headers }: Judged) {
  return JSON.parse(JSON.stringify({ verdict, consumer, endpointId, exit, headers }));
}

const ids = ['vpce-0a', 'vpce-0b', 'vpce-0c', 'vpce-0123456789abcdef0'];
const entry = fc.record({
  consumer: fc.constantFrom('sd1', 'sd2', 'a-b'),
  account: fc.constantFrom(undefined, '111111111111', '222222222222'),
  endpointId: fc.constantFrom(...ids),
});

/** Valid tables, and broken tables. */
const table = fc.oneof(
  { weight: 6, arbitrary: fc.array(entry, { maxLength: 4 }).map(writeTable) },
  { weight: 1, arbitrary: fc.string({ unit: fc.constantFrom(...'ab-09 \nvpce1'), maxLength: 12 }) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(
        fc.array(entry, { minLength: 1, maxLength: 3 }).map(writeTable),
        fc.nat(),
        fc.constantFrom(' ', '\n', 'x', '\0', '-'),
      )
      .map(([text, at, odd]) => `${text.slice(0, at % (text.length + 1))}${odd}${text.slice(at % (text.length + 1))}`),
  },
);

let made = 0;
const entity = fc
  .record({
    mode: fc.constantFrom('observe', 'enforce'),
    on_missing: fc.constantFrom('allow', 'reject'),
    callers: table,
    others: table,
  })
  .map((config) => {
    made += 1;
    return { id: `entity-${made % 7}`, config: { domain: 'sd2', ...config } };
  });

const bytes = fc.string({ unit: fc.nat({ max: 255 }).map((one) => String.fromCharCode(one)), maxLength: 8 });
const tlv = fc.oneof(
  fc.constant(undefined),
  fc.constantFrom(...ids).map(tlvOf),
  fc.constantFrom(
    '',
    '\x01',
    'vpce-0a',
    '\x02vpce-0a',
    '\x01vpce-0A',
    '\x01vpce-0a\0',
    '\x01vpce-0a ',
    '\x01\x01vpce-0a',
  ),
  fc.tuple(fc.constantFrom(...ids).map(tlvOf), bytes).map(([one, more]) => one + more),
  fc.nat({ max: 80 }).map((length) => tlvOf(`vpce-${'a'.repeat(length)}`)),
  bytes,
);

const header = fc.oneof(
  fc.tuple(fc.constantFrom(...Object.values(identityHeaders).flatMap(spellingsOf)), bytes),
  fc.tuple(
    fc.constantFrom('x-privatelink', 'x-privatelink-consumers', 'accept', 'x_privatelink', 'xprivatelink-consumer'),
    bytes,
  ),
  fc.tuple(
    fc.constant('connection'),
    fc.constantFrom('close', 'keep-alive', 'X-Privatelink-Consumer', 'close, x_privatelink_endpoint', 'privateLINK'),
  ),
);
const request: fc.Arbitrary<CallerRequest> = fc.record({
  tlv,
  headers: fc
    .array(header, { maxLength: 5 })
    .map((all) => Object.fromEntries(all.map(([name, value]) => [name.toLowerCase(), value]))),
});
