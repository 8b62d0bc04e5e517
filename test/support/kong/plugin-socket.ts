import { mkdtempSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { listenOn } from '#plugin/server/listening/listen';
import { createInstances } from '#plugin/server/serving/instances';
import type { Counts } from '#plugin/server/serving/metrics';
import type { Phase, PluginEntry } from '#plugin/server/serving/plugins';
import { type PluginServer, servePlugins } from '#plugin/server/serving/serve';
import { createFrameStream, type FrameStream, frameOf } from '#sandbox/plugin-server/frame-stream';
import { decodeMessage, encodeMessage, type Field, nestedOf, numberOf } from '#sandbox/plugin-server/protobuf-message';

/** A connection as Kong has it, down to the bytes. */
export type Peer = {
  readonly socket: Socket;
  readonly read: FrameStream['read'];
  readonly closed: Promise<unknown>;
  /** Starts an instance of the plugin; gives its id. */
  readonly start: () => Promise<number>;
};

export type PluginSocket = {
  readonly server: PluginServer;
  readonly socketPath: string;
  readonly counts: Counts;
  readonly problems: string[];
  readonly open: () => Peer;
  readonly close: () => Promise<void>;
};

export function entryOf(access: Phase, over: Partial<PluginEntry> = {}): PluginEntry {
  const start = () => new Map([['access', access]]);
  return { name: 'privatelink', version: '0', priority: 1, schema: [], phases: ['access'], start, ...over };
}

/** Our plugin server in this process, with a plugin of the test. */
export async function openPluginSocket(entry: PluginEntry): Promise<PluginSocket> {
  const folder = mkdtempSync(join(tmpdir(), 'kong-privatelink-'));
  const socketPath = join(folder, 'js.sock');
  const problems: string[] = [];
  const onProblem = (reason: string) => void problems.push(reason);
  const counts: Counts = { events: 0, calls: new Map() };
  const instances = createInstances({ plugins: new Map([[entry.name, entry]]), now: () => 5_000, onProblem });
  const server = servePlugins({ instances, counts, onProblem });
  const listening = await listenOn(socketPath, server.accept);
  const peers: Peer[] = [];
  return {
    server,
    socketPath,
    counts,
    problems,
    open: () => {
      const peer = openPeer(socketPath);
      peers.push(peer);
      return peer;
    },
    close: async () => {
      for (const { socket } of peers) socket.destroy();
      await server.drain();
      await new Promise((resolve) => listening.close(resolve));
      rmSync(folder, { recursive: true });
    },
  };
}

/** A connection to whoever listens there. */
export function openPeer(socketPath: string): Peer {
  const socket = connect(socketPath);
  const { read } = createFrameStream(socket);
  return {
    socket,
    read,
    closed: new Promise((resolve) => socket.once('close', resolve)),
    start: async () => {
      socket.write(callOf(1, [33, encodeMessage([[1, 'privatelink']])]));
      const [status = Buffer.alloc(0)] = nestedOf(decodeMessage(await read()), 33);
      return numberOf(decodeMessage(status), 2);
    },
  };
}

/** The frame of a call. */
export function callOf(sequence: number, field: Field): Uint8Array {
  return frameOf(encodeMessage([[1, sequence], field]));
}

/** The frame of HandleEvent. */
export function eventOf(sequence: number, instanceId: number, phase = 'access'): Uint8Array {
  const event = encodeMessage([
    [1, instanceId],
    [2, phase],
  ]);
  return callOf(sequence, [36, event]);
}
