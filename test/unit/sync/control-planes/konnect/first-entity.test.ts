import { beforeEach, describe, expect, it } from '@jest/globals';
import type { HttpCall } from '#sync/control-planes/kong-api/http';
import { tryFirstEntities } from '#sync/control-planes/konnect/first-entity';
import type { Change } from '#sync/plan/changes';
import { createFakeClock } from '../../../../support/passes';

const signal = new AbortController().signal;

type Node = { readonly id: string; readonly version?: string; state?: string; hash?: string };

/** A control plane, the state of its data planes after each write, and the written changes. */
let nodes: Node[];
let entities: string[];
let written: string[];
/** The effect of a write on the data planes. */
let onWrite: (change: Change) => void;
let clock: ReturnType<typeof createFakeClock>;
let asked: string[];
/** Whether the data planes may not be looked at. */
let isHidden: boolean;

beforeEach(() => {
  nodes = [];
  entities = [];
  written = [];
  asked = [];
  isHidden = false;
  onWrite = takenUp;
  clock = createFakeClock(100_000);
});

const hash = () => `of ${written.length}`;

function takenUp(): void {
  for (const node of nodes) node.hash = hash();
}

const fit = 'COMPATIBILITY_STATE_FULLY_COMPATIBLE';
const unfit = 'COMPATIBILITY_STATE_INCOMPATIBLE';
const nodeOf = (id: string, over: Partial<Node> = {}): Node => ({
  id,
  version: '3.15.0.0',
  state: fit,
  hash: 'of 0',
  ...over,
});

async function http({ path }: HttpCall): Promise<unknown> {
  asked.push(path.replace(/\?.*/, ''));
  if (path.includes('/plugins')) return { data: entities.map((name) => ({ name })) };
  if (path.endsWith('expected-config-hash')) return { expected_hash: hash() };
  if (isHidden) throw new Error('403');
  return {
    items: nodes.map(({ id, version, state, hash: config_hash }) => ({
      ...{ id, hostname: id, version, config_hash },
      ...{ last_ping: clock.now() / 1_000, compatibility_status: { state } },
    })),
  };
}

function open(over: { readonly streamPlugins?: boolean; readonly write?: (change: Change) => Promise<void> } = {}) {
  return tryFirstEntities({
    open: async () => ({ http, path: '/cp', now: clock.now }),
    write: async (change) => {
      written.push(`${change.action} ${change.key}`);
      onWrite(change);
    },
    clock,
    ...over,
  });
}

function pluginOf(domain: string, name = 'privatelink'): Change {
  const entity = {
    kind: 'plugin',
    key: `${domain}|${name}`,
    domain,
    parent: domain,
    fields: { name },
    tags: [],
  } as const;
  return { ...entity, action: 'create', id: domain, reason: 'test', after: entity };
}

const loses = (id: string) => (change: Change) => {
  for (const node of nodes) if (node.id === id) node.state = change.action === 'create' ? unfit : fit;
};

describe('the first entity of an own plugin', () => {
  it.each(['privatelink', 'privatelink-zone', 'privatelink-callers'])(
    '%s stays if every data plane accepts it',
    async (name) => {
      nodes = [nodeOf('a'), nodeOf('b')];

      await open()(pluginOf('sd2', name), signal);

      expect(written).toEqual([`create sd2|${name}`]);
      expect(clock.monotonicMs()).toBe(0);
    },
  );

  it('is taken back if a data plane cannot use it any more, and the message names the data plane', async () => {
    nodes = [nodeOf('a'), nodeOf('b')];
    onWrite = loses('b');

    await expect(open()(pluginOf('sd2'), signal)).rejects.toMatchObject({
      code: 'REJECTED',
      transient: false,
      message: expect.stringMatching(
        /data plane b \(b\) \(3\.15\.0\.0, COMPATIBILITY_STATE_INCOMPATIBLE\).*privatelink.*removed again/,
      ),
      fix: expect.stringContaining('KONG_PLUGINS'),
    });
    expect(written).toEqual(['create sd2|privatelink', 'delete sd2|privatelink']);
  });

  it('waits for a data plane that has not answered yet', async () => {
    nodes = [nodeOf('a')];
    onWrite = () => {};
    const sleep = clock.sleep;
    const slow = {
      ...clock,
      sleep: async (ms: number, own: AbortSignal) => {
        await sleep(ms, own);
        if (clock.monotonicMs() === 5_000) nodes = [nodeOf('a', { state: unfit })];
      },
    };
    const write = tryFirstEntities({
      open: async () => ({ http, path: '/cp', now: clock.now }),
      clock: slow,
      write: async ({ action }) => void written.push(action),
    });

    await expect(write(pluginOf('sd2'), signal)).rejects.toMatchObject({ code: 'REJECTED' });
    expect(written).toEqual(['create', 'delete']);
  });

  it('stays after 30 s without a complaint of a data plane', async () => {
    nodes = [nodeOf('a')];
    onWrite = () => {};

    await open()(pluginOf('sd2'), signal);

    expect([written, clock.monotonicMs()]).toEqual([['create sd2|privatelink'], 30_000]);
  });

  it.each([
    ['unknown', 'COMPATIBILITY_STATE_UNKNOWN'],
    ['unspecified', 'COMPATIBILITY_STATE_UNSPECIFIED'],
    ['absent', undefined],
  ])('stays when a state becomes %s', async (_, state) => {
    nodes = [nodeOf('a')];
    onWrite = () => {
      nodes = [nodeOf('a', { state, hash: hash() })];
    };

    await open()(pluginOf('sd2'), signal);

    expect(written).toEqual(['create sd2|privatelink']);
  });

  it('stays if a data plane refused the configuration before, or none is connected', async () => {
    await open()(pluginOf('sd2'), signal);
    nodes = [nodeOf('a', { state: unfit })];
    await open()(pluginOf('sd3'), signal);

    expect(written).toEqual(['create sd2|privatelink', 'create sd3|privatelink']);
    expect(clock.monotonicMs()).toBe(0);
  });

  it('is written without a trial if the data planes may not be read', async () => {
    nodes = [nodeOf('a')];
    onWrite = loses('a');
    isHidden = true;

    await open()(pluginOf('sd2'), signal);

    expect(written).toEqual(['create sd2|privatelink']);
  });

  it('stays without a trial if the plugin is already in use', async () => {
    nodes = [nodeOf('a')];
    entities = ['privatelink'];
    onWrite = loses('a');

    await open()(pluginOf('sd2'), signal);

    expect(written).toEqual(['create sd2|privatelink']);
  });

  it('is tried once for all entities of the write', async () => {
    nodes = [nodeOf('a')];
    const write = open();

    await Promise.all(['sd2', 'sd3', 'sd4'].map((domain) => write(pluginOf(domain), signal)));

    expect(written).toEqual(['create sd2|privatelink', 'create sd3|privatelink', 'create sd4|privatelink']);
    expect(asked.filter((path) => path.endsWith('/plugins'))).toHaveLength(1);
  });

  it('blocks the other entities for ten minutes after it was taken back', async () => {
    nodes = [nodeOf('a')];
    onWrite = loses('a');
    const write = open();

    const first = await Promise.allSettled(['sd2', 'sd3'].map((domain) => write(pluginOf(domain), signal)));
    clock.advance(9 * 60_000);
    const later = await Promise.allSettled([write(pluginOf('sd3'), signal)]);
    expect([...first, ...later].map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    expect(written).toEqual(['create sd2|privatelink', 'delete sd2|privatelink']);

    onWrite = takenUp;
    clock.advance(60_000);
    await write(pluginOf('sd3'), signal);
    expect(written.slice(2)).toEqual(['create sd3|privatelink']);
  });

  it('is tried again at once after a failure without a verdict on the plugin', async () => {
    nodes = [nodeOf('a')];
    let isAway = true;
    const write = open({
      write: async ({ action }) => {
        if (isAway) throw new Error('away');
        written.push(action);
        takenUp();
      },
    });
    await expect(write(pluginOf('sd2'), signal)).rejects.toThrow('away');

    isAway = false;
    await write(pluginOf('sd2'), signal);

    expect(written).toEqual(['create']);
  });

  it('reports that it could not be taken back', async () => {
    nodes = [nodeOf('a')];
    const write = open({
      write: async (change) => {
        if (change.action === 'delete') throw new Error('away');
        loses('a')(change);
        written.push(change.action);
      },
    });

    await expect(write(pluginOf('sd2'), signal)).rejects.toThrow(/could not be removed again: away/);
  });

  it('ends its wait with the signal', async () => {
    nodes = [nodeOf('a')];
    const stop = new AbortController();
    onWrite = () => stop.abort(new Error('stopped'));

    await open()(pluginOf('sd2'), stop.signal);

    expect(written).toEqual(['create sd2|privatelink']);
    expect(clock.monotonicMs()).toBe(0);
  });
});

describe('a change without a trial', () => {
  it.each<[string, Change]>([
    ['foreign plugins', pluginOf('sd2', 'rate-limiting')],
    ['updates', { ...pluginOf('sd2'), action: 'update' }],
    ['deletes', { ...pluginOf('sd2'), action: 'delete', after: undefined }],
    ['other kinds', { ...pluginOf('sd2'), kind: 'route' }],
  ])('is one of %s', async (_, change) => {
    nodes = [nodeOf('a')];
    onWrite = loses('a');

    await open()(change, signal);

    expect([written, asked]).toEqual([[`${change.action} ${change.key}`], []]);
  });
});

describe.each(['privatelink-zone', 'privatelink-callers'])('%s, streamed,', (plugin) => {
  it.each([
    ['3.14.0.1', false],
    ['2.8.4', false],
    ['3.15.0.0', true],
    ['4.0.0.0', true],
    [undefined, true],
  ])('is written beside a data plane of version %s: %s', async (version, isWritten) => {
    nodes = [nodeOf('a', { version })];

    const ended = await Promise.allSettled([open({ streamPlugins: true })(pluginOf('sd2', plugin), signal)]);

    expect([ended[0]?.status, written.length]).toEqual(isWritten ? ['fulfilled', 1] : ['rejected', 0]);
    if (!isWritten) expect(String(Object(ended[0]).reason.message)).toContain(`data plane a (a) (${version})`);
  });

  it('is not tried like the plugin in JavaScript', async () => {
    nodes = [nodeOf('a', { version: '3.9.1' })];

    await open({ streamPlugins: true })(pluginOf('sd2'), signal);

    expect(written).toEqual(['create sd2|privatelink']);
  });
});
