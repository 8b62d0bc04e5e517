import { afterEach, describe, expect, it } from '@jest/globals';
import type { Kong } from '#plugin/request/handler';
import type { Phase, PluginEntry } from '#plugin/server/serving/plugins';
import { frameOf } from '#sandbox/plugin-server/frame-stream';
import { decodeMessage, numberOf } from '#sandbox/plugin-server/protobuf-message';
import {
  callOf,
  entryOf,
  eventOf,
  openPluginSocket,
  type Peer,
  type PluginSocket,
} from '../../support/kong/plugin-socket';

let plugin: PluginSocket | undefined;

afterEach(() => plugin?.close());

async function open(access: Phase, over: Partial<PluginEntry> = {}): Promise<PluginSocket> {
  plugin = await openPluginSocket(entryOf(access, over));
  return plugin;
}

/** Two calls, neither of which is awaited. */
const pick = (kong: Kong) => {
  void kong.service.setTarget('10.0.1.11', 8080);
  void kong.service.request.setHeader('Host', 'sd2.privatelink');
};
const pickFrames = [
  'kong.service.set_target',
  '\n\t10.0.1.11\u0010\u0090?',
  'kong.service.request.set_header',
  '\n\u0004Host\u0012\u0011\u001a\u000fsd2.privatelink',
  '',
];
const emptyFrame = frameOf(Buffer.alloc(0));

async function readTexts({ read }: Peer, count: number): Promise<readonly string[]> {
  const texts: string[] = [];
  while (texts.length < count) texts.push((await read()).toString('latin1'));
  return texts;
}

async function sequenceOf({ read }: Peer): Promise<number> {
  return numberOf(decodeMessage(await read()), 1);
}

/** An event without calls: the empty frame, then the return. */
async function expectAnswered(peer: Peer, sequence: number): Promise<void> {
  expect((await peer.read()).length).toBe(0);
  expect(await sequenceOf(peer)).toBe(sequence);
}

describe('our plugin server on its socket', () => {
  it('sends unawaited calls, the end of the event and the return at once, and discards the answers', async () => {
    const peer = (await open(pick)).open();
    const id = await peer.start();

    for (const sequence of [7, 9]) {
      peer.socket.write(eventOf(sequence, id));
      expect(await readTexts(peer, 5)).toEqual(pickFrames);
      expect(await sequenceOf(peer)).toBe(sequence);
      peer.socket.write(Buffer.concat([emptyFrame, emptyFrame]));
    }
    expect(plugin?.counts).toEqual({
      events: 2,
      calls: new Map([
        ['kong.service.set_target', 2],
        ['kong.service.request.set_header', 2],
      ]),
    });
  });

  it('writes the calls up to an awaited call, and goes on with its answer', async () => {
    const seen: unknown[] = [];
    const peer = (
      await open(async (kong) => {
        void kong.service.setTarget('10.0.1.11', 8080);
        seen.push(await kong.service.request.setHeader('a', 'b'));
        void kong.service.request.setHeader('c', 'd');
      })
    ).open();
    peer.socket.write(eventOf(3, await peer.start()));
    await readTexts(peer, 4);
    expect(seen).toEqual([]);
    peer.socket.write(Buffer.concat([emptyFrame, emptyFrame]));

    expect((await readTexts(peer, 3))[0]).toBe('kong.service.request.set_header');
    expect(await sequenceOf(peer)).toBe(3);
    expect(seen).toEqual([undefined]);
  });

  it.each([
    ['true', Uint8Array.of(8, 1), true],
    ['nothing', Uint8Array.of(), undefined],
  ])('returns %s from an awaited set_upstream when Kong answers so', async (_, answer, expected) => {
    const seen: unknown[] = [];
    const peer = (
      await open(async (kong) => {
        seen.push(await kong.service.setUpstream('use1-az1.sd2.privatelink'));
      })
    ).open();
    peer.socket.write(eventOf(3, await peer.start()));
    const call = await readTexts(peer, 2);
    peer.socket.write(frameOf(answer));
    await expectAnswered(peer, 3);

    expect(call).toEqual(['kong.service.set_upstream', '\n\u0018use1-az1.sd2.privatelink']);
    expect(seen).toEqual([expected]);
  });

  it('accepts frames in pieces of one byte', async () => {
    const peer = (await open(() => {})).open();
    const id = await peer.start();
    for (const byte of eventOf(300, id)) {
      peer.socket.write(Uint8Array.of(byte));
      await new Promise(setImmediate);
    }

    await expectAnswered(peer, 300);
  });

  it('accepts several frames in one chunk, even while a phase runs', async () => {
    const peer = (await open(async () => new Promise((resolve) => setImmediate(resolve)))).open();
    const id = await peer.start();
    peer.socket.write(
      Buffer.concat([eventOf(5, id), eventOf(6, id), callOf(7, [35, Buffer.alloc(0)]), eventOf(8, id)]),
    );

    await expectAnswered(peer, 5);
    await expectAnswered(peer, 6);
    expect(await sequenceOf(peer)).toBe(7);
    await expectAnswered(peer, 8);
  });

  it('answers an unknown method with the number of the call', async () => {
    const peer = (await open(() => {})).open();
    peer.socket.write(callOf(4, [99, 'what']));

    expect(await sequenceOf(peer)).toBe(4);
  });

  it.each<[string, Uint8Array]>([
    ['text', Buffer.from('GET / HTTP/1.1\r\n\r\n')],
    ['a frame of 4 GiB', Buffer.alloc(4, 255)],
    ['a message cut short', frameOf(Uint8Array.of(0x0a, 0x7f, 1))],
    ['a field of an unused type', frameOf(Uint8Array.of(0x0f, 1, 1))],
    ['a number of 64 bits as sequence', frameOf(Uint8Array.of(8, ...Array(9).fill(255), 1))],
    ['a configuration that is no JSON', callOf(1, [33, Uint8Array.of(0x12, 1, 0x7b)])],
    ['an unknown plugin', callOf(1, [33, Uint8Array.of(0x0a, 1, 0x7b)])],
    ['an instance that is gone', eventOf(1, 0)],
  ])('closes only the connection that sends %s', async (_, bytes) => {
    const { open: openPeer, problems } = await open(() => {});
    const [bad, good] = [openPeer(), openPeer()];
    const id = await good.start();
    bad.socket.write(bytes);
    await bad.closed;

    expect(problems).toEqual([expect.stringContaining('a connection was closed')]);
    good.socket.write(eventOf(2, id));
    await expectAnswered(good, 2);
  });

  it.each<[string, Phase]>([
    [
      'throws',
      () => {
        throw new Error('of the plugin');
      },
    ],
    ['rejects', async () => Promise.reject(new Error('of the plugin'))],
  ])('ends an event whose phase %s', async (_, access) => {
    const peer = (await open(access)).open();
    peer.socket.write(eventOf(2, await peer.start()));

    await expectAnswered(peer, 2);
    expect(plugin?.problems).toEqual(['of the plugin']);
  });

  it('lets requests pass when a plugin cannot start', async () => {
    const start = () => {
      throw new Error('no');
    };
    const peer = (await open(() => {}, { start })).open();
    peer.socket.write(eventOf(2, await peer.start()));

    await expectAnswered(peer, 2);
    expect(plugin?.problems).toEqual(['an instance of privatelink does nothing, since it could not start: no']);
  });

  it('fm-25 ends a phase that awaits an answer when Kong hangs up', async () => {
    let failed: (reason: unknown) => void = () => {};
    const failure = new Promise((resolve) => {
      failed = resolve;
    });
    const { open: openPeer } = await open(async (kong) => {
      await Promise.resolve(kong.service.setTarget('10.0.1.11', 80)).catch(failed);
    });
    const peer = openPeer();
    peer.socket.write(eventOf(2, await peer.start()));
    await readTexts(peer, 2);
    peer.socket.destroy();

    expect(String(await failure)).toContain('kong.service.set_target: its answer did not come');
    expect(await openPeer().start()).toBeGreaterThan(0);
  });

  it('refuses a call that a plugin makes after the end of its phase', async () => {
    let kept: Kong | undefined;
    const peer = (
      await open((kong) => {
        kept = kong;
      })
    ).open();
    peer.socket.write(eventOf(2, await peer.start()));
    await expectAnswered(peer, 2);

    expect(() => kept?.service.setTarget('10.0.1.11', 80)).toThrow(/after the end of its phase/);
  });

  it("finishes running phases and waits for Kong's answers when it stops", async () => {
    let go: () => void = () => {};
    const gate = new Promise<void>((resolve) => {
      go = resolve;
    });
    const { open: openPeer, server } = await open(async (kong) => {
      await gate;
      pick(kong);
    });
    const [busy, idle] = [openPeer(), openPeer()];
    await idle.start();
    busy.socket.write(eventOf(2, await busy.start()));
    while (plugin?.counts.events !== 1) await new Promise(setImmediate);

    const drained = server.drain();
    await idle.closed;
    go();
    expect(await readTexts(busy, 5)).toEqual(pickFrames);
    expect(await sequenceOf(busy)).toBe(2);
    busy.socket.write(Buffer.concat([emptyFrame, emptyFrame]));
    await busy.closed;
    await drained;
  });

  it('fm-53 makes room by ending the longest unused connection, and never one with a running request', async () => {
    const phases: Phase[] = [() => undefined, () => new Promise(() => {})];
    const { open: openPeer, server } = await open((kong) => phases.shift()?.(kong));
    const [recent, unused, busy] = [openPeer(), openPeer(), openPeer()];
    const [id] = [await recent.start(), await unused.start(), await busy.start()];
    recent.socket.write(eventOf(2, id));
    await expectAnswered(recent, 2);
    busy.socket.write(eventOf(2, id));
    while (plugin?.counts.events !== 2) await new Promise(setImmediate);

    server.makeRoom();
    await unused.closed;
    expect(recent.socket.writable).toBe(true);
    server.makeRoom();
    await recent.closed;
    server.makeRoom();
    expect(busy.socket.writable).toBe(true);
  });
});
