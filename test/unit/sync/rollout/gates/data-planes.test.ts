import { describe, expect, it } from '@jest/globals';
import { PrivatelinkError } from '#core/errors';
import type { Nodes } from '#sync/control-planes/backend';
import type { JsonAnswer } from '#sync/rollout/gates/ask';
import { createDataPlaneGate, type DataPlaneGateOptions } from '#sync/rollout/gates/data-planes';
import { createFakeClock } from '../../../../support/passes';

const signal = new AbortController().signal;
const settleMs = 10_000;
const none = '0'.repeat(32);
const urls = ['http://dp1:8100/status?key=secret', 'http://dp2:8100/status'];

const away = (reason: string) =>
  new PrivatelinkError(reason, { code: 'UNREACHABLE', fix: 'check controlPlane.address' });
const hash = (configuration_hash: string): JsonAnswer => ({ status: 200, body: { configuration_hash, server: {} } });
const mute: JsonAnswer = { status: 200, body: { server: {}, database: { reachable: true } } };
const refused: JsonAnswer = { problem: 'connect ECONNREFUSED' };

type World = { readonly nodes?: Nodes | Error; readonly told?: readonly JsonAnswer[] };

/** Samples of a gate, one for each state of the world, two seconds apart. */
async function samples(
  worlds: readonly World[],
  { before, ...over }: Partial<DataPlaneGateOptions> & { readonly before?: World } = {},
) {
  const clock = createFakeClock();
  let world: World = {};
  const readNodes = async () => {
    if (world.nodes instanceof Error) throw world.nodes;
    return world.nodes ?? { connected: [] };
  };
  const gate = createDataPlaneGate({
    mode: 'required',
    readNodes: worlds.some(({ nodes }) => nodes) ? readNodes : undefined,
    urls: worlds.some(({ told }) => told) ? urls : [],
    ask: async ({ url }) => world.told?.[urls.indexOf(url)] ?? refused,
    clock,
    ...over,
  });
  world = before ?? {};
  const known = before && (await gate.readBefore?.(signal));
  const { sample } = gate.open({ bakingMs: () => undefined, settleMs, before: known });
  const taken = [];
  for (const one of worlds) {
    world = one;
    taken.push(await sample(signal));
    clock.advance(2_000);
  }
  return taken;
}

const nodes = (expectedHash: string, ...hashes: readonly string[]): World => ({
  nodes: { expectedHash, connected: hashes.map((one, index) => ({ name: `dp-${index}`, hash: one })) },
});

const during = (world: World, count = 6): readonly World[] => Array.from({ length: count }, () => world);
const kinds = (taken: readonly { readonly kind: string }[]) => taken.map(({ kind }) => kind).join(' ');
const waiting = 'pending pending pending pending pending';

describe('required data planes', () => {
  it('pass when each has had the expected configuration', async () => {
    const taken = await samples([nodes('2', '1', '2'), nodes('3', '2', '3')]);

    expect(taken).toEqual([
      { kind: 'pending', said: '1 of 2 data planes without the new configuration: dp-0' },
      { kind: 'pass', said: '2 data planes had the new configuration' },
    ]);
  });

  it('fail when one is behind for too long, with its name escaped for a terminal', async () => {
    const connected = [{ name: 'dp\u001b[2J', hash: '1' }];

    const taken = await samples(during({ nodes: { expectedHash: '2', connected } }));

    expect(kinds(taken)).toBe(`${waiting} fail`);
    expect(taken.at(-1)?.said).toBe(
      '1 of 1 data plane without the new configuration after 10 s: dp\\u001b[2J; see their logs and their connection to the control plane, or set rollout.gates.dataPlanes to best-effort',
    );
  });

  it('are named up to five', async () => {
    const [first] = await samples([nodes('2', ...Array.from({ length: 40 }, () => '1'))]);

    expect(first?.said).toBe(
      '40 of 40 data planes without the new configuration: dp-0, dp-1, dp-2, dp-3, dp-4, 35 more',
    );
  });

  it('are waited for when none is connected, and are inconclusive afterwards', async () => {
    const taken = await samples(during({ nodes: { connected: [] } }));

    expect(kinds(taken)).toBe(`${waiting} inconclusive`);
    expect(taken.at(-1)?.said).toMatch(/^no data plane is connected; start a data plane/);
  });

  it('are inconclusive at once when the control plane cannot be read', async () => {
    const taken = await samples([{ nodes: away('no answer\nto GET') }, nodes('2', '2')]);

    expect(taken[0]).toEqual({ kind: 'inconclusive', said: 'no answer; to GET; check controlPlane.address' });
    expect(taken[1]?.kind).toBe('pass');
  });

  it('are inconclusive when the control plane returns no expected configuration', async () => {
    const [first] = await samples([{ nodes: { connected: [{ name: 'a', hash: '1' }] } }]);

    expect(first?.kind).toBe('inconclusive');
  });

  it('pass when the control plane does not know its data planes', async () => {
    expect(kinds(await samples([{}]))).toBe('pass');
  });
});

describe('data planes in mode best-effort', () => {
  it.each([
    ['is behind', nodes('2', '1'), '1 of 1 data plane without'],
    ['is connected', { nodes: { connected: [] } }, 'no data plane is connected'],
    ['can be read', { nodes: away('no answer') }, 'no answer'],
  ] as const)(
    'are waited for during the settle time, and then pass with a note, when one or none %s',
    async (_, world, words) => {
      const taken = await samples(during(world), { mode: 'best-effort' });

      expect(kinds(taken)).toBe(`${waiting} pass`);
      expect(taken.at(-1)?.said).toContain(words);
      expect(taken.at(-1)?.said).toMatch(/\(dataPlanes: best-effort\)$/);
    },
  );

  it('pass as soon as all have the configuration', async () => {
    expect(kinds(await samples([nodes('2', '2')], { mode: 'best-effort' }))).toBe('pass');
  });
});

describe('status URLs', () => {
  it('must agree twice when no configuration is expected', async () => {
    const taken = await samples([
      { told: [hash('1'), hash('2')] },
      { told: [hash('2'), hash('2')] },
      { told: [hash('2'), hash('2')] },
      { told: [hash('3'), hash('2')] },
    ]);

    expect(kinds(taken)).toBe('pending pending pass pass');
  });

  it('do not agree on their configuration from before the change', async () => {
    const taken = await samples([
      { told: [hash('1'), hash('1')] },
      { told: [hash('2'), hash('2')] },
      { told: [hash('1'), hash('1')] },
    ]);

    expect(kinds(taken)).toBe('pending pending pending');
  });

  it('do not agree on a configuration that one of them had before the write', async () => {
    const old = { told: [hash('1'), hash('0')] };
    const fresh = { told: [hash('2'), hash('2')] };

    const taken = await samples([old, { told: [hash('1'), hash('1')] }, ...during(fresh, 2)], { before: old });

    expect(kinds(taken)).toBe('pending pending pending pass');
  });

  it('fail without a configuration', async () => {
    const taken = await samples(during({ told: [hash(none), hash(none)] }));

    expect(kinds(taken)).toBe(`${waiting} fail`);
  });

  it('must have the configuration that the control plane expects', async () => {
    const own = { expectedHash: '2', connected: [{ name: 'kong', hash: '2' }] };

    const taken = await samples([
      { nodes: own, told: [hash('1'), hash('1')] },
      { nodes: own, told: [hash('2'), hash('1')] },
      { nodes: own, told: [hash('2'), hash('2')] },
    ]);

    expect(kinds(taken)).toBe('pending pending pass');
    expect(taken[1]?.said).toContain(': http://dp2:8100/status');
  });

  it.each([
    ['cannot be reached', refused, 'connect ECONNREFUSED'],
    ['refuses', { status: 401, body: { message: 'no' } }, 'it answered 401'],
    ['is not a Kong', { status: 200, body: {} }, "not what Kong's /status"],
    ['has an odd hash', { status: 200, body: { configuration_hash: 7, server: {} } }, "not what Kong's"],
    ['has a hash without end', hash('x'.repeat(10_000)), "not what Kong's"],
  ] as const)('are inconclusive after a while when one %s', async (_, told, words) => {
    const taken = await samples(during({ told: [told, hash('2')] }));

    expect(kinds(taken)).toBe(`${waiting} inconclusive`);
    expect(taken.at(-1)?.said).toContain(words);
    expect(taken.at(-1)?.said).not.toContain('secret');
  });

  it('are ignored for a node with a database, with a note', async () => {
    const taken = await samples(during({ told: [mute, hash('2')] }, 2));

    expect(kinds(taken)).toBe('pending pass');
    expect(taken[1]?.said).toBe(
      '1 data plane had the new configuration; http://dp1:8100/status cannot be judged: nodes with a database have no configuration_hash',
    );
  });

  it('are inconclusive when no node can be judged', async () => {
    const [first] = await samples([{ told: [mute, mute] }]);

    expect(first?.kind).toBe('inconclusive');
    expect(first?.said).toContain('remove them from rollout.gates.status');
  });
});
