import { connect, type Socket } from 'node:net';
import { messageOf, PrivatelinkError } from '#core/errors';
import type { Pdk, PdkCall, PluginServerDriver } from './driver';
import { createFrameStream, type FrameStream, frameOf } from './frame-stream';
import { decodeMessage, encodeMessage, type Field, type Message, nestedOf, numberOf, textOf } from './protobuf-message';

const startInstance = 33;
const handleEvent = 36;

type Link = { readonly socket: Socket; readonly frames: FrameStream };

/**
 * Drives our server: ProtoBuf:1 as Kong 3.9 speaks it (kong/runloop/plugin_servers/rpc/pb_rpc.lua),
 * strictly in order.
 */
export function createProtobufDriver(socketPath: string): PluginServerDriver {
  const links = createLinks(socketPath);
  let sequence = 0;

  async function call(field: Field, converse?: (link: Link) => Promise<'done' | 'exited'>): Promise<Message> {
    const link = links.take();
    sequence += 1;
    try {
      const answer = await exchange(link, [[1, sequence], field], converse);
      if (answer) links.free(link);
      else link.socket.destroy();
      return answer ?? new Map();
    } catch (thrown) {
      link.socket.destroy();
      const message = `the plugin server ${messageOf(thrown)}`;
      throw new PrivatelinkError(message, { code: 'UNREACHABLE', fix: undefined, cause: thrown });
    }
  }

  return {
    startInstance: async (name, config) => {
      const answer = await call([startInstance, firstAndSecond(name, JSON.stringify(config))]);
      const [status = Buffer.alloc(0)] = nestedOf(answer, startInstance);
      return numberOf(decodeMessage(status), 2);
    },
    handleEvent: async (instanceId, phase, pdk) => {
      const calls: PdkCall[] = [];
      await call([handleEvent, firstAndSecond(instanceId, phase)], (link) => answerCalls(link, calls, pdk));
      return calls;
    },
    close: links.close,
  };
}

function firstAndSecond(first: string | number, second: string): Uint8Array {
  return encodeMessage([
    [1, first],
    [2, second],
  ]);
}

function createLinks(socketPath: string) {
  const idle = new Set<Link>();
  const open = new Set<Socket>();

  function connectAnew(): Link {
    const socket = connect(socketPath);
    const link = { socket, frames: createFrameStream(socket) };
    open.add(socket);
    socket.on('close', () => {
      open.delete(socket);
      idle.delete(link);
    });
    return link;
  }

  return {
    take: (): Link => {
      const [link = connectAnew()] = idle;
      idle.delete(link);
      return link;
    },
    free: (link: Link) => void idle.add(link),
    close: () => {
      for (const socket of open) socket.destroy();
    },
  };
}

/** The return of the call; undefined when the request ended before, inside a call of the PDK. */
async function exchange(
  link: Link,
  rpcCall: readonly [readonly [1, number], Field],
  converse?: (link: Link) => Promise<'done' | 'exited'>,
): Promise<Message | undefined> {
  link.socket.write(frameOf(encodeMessage(rpcCall)));
  if ((await converse?.(link)) === 'exited') return undefined;
  const answer = decodeMessage(await link.frames.read());
  if (numberOf(answer, 1) !== rpcCall[0][1]) throw new Error('gave the answer to another call');
  return answer;
}

/** Answers each call as it comes, until the empty frame. */
async function answerCalls({ socket, frames }: Link, calls: PdkCall[], pdk: Pdk): Promise<'done' | 'exited'> {
  for (;;) {
    const method = (await frames.read()).toString();
    if (method === '') return 'done';
    const args = argumentsOf(method, decodeMessage(await frames.read()));
    calls.push({ method, args });
    // Where Kong's PDK returns `nil, err` the answer is empty too.
    const answer = await pdk(method, args).catch(() => undefined);
    // In Kong the request ends inside this call, and nobody reads on.
    if (method === 'kong.response.exit') return 'exited';
    socket.write(frameOf(answer === true ? encodeMessage([[1, 1]]) : Buffer.alloc(0)));
  }
}

/** Arguments by method, as kong/include/kong/pluginsocket.proto has them. */
const readers: Readonly<Record<string, (message: Message) => readonly unknown[]>> = {
  'kong.service.set_target': (target) => [textOf(target, 1), numberOf(target, 2)],
  'kong.service.set_upstream': (text) => [textOf(text, 1)],
  'kong.service.request.set_header': (keyValue) => entryOf(keyValue),
  'kong.response.exit': (exit) => [numberOf(exit, 1), textOf(exit, 2), headersOf(exit)],
};

function argumentsOf(method: string, message: Message): readonly unknown[] {
  const read = readers[method];
  if (!read) throw new Error(`called ${method}, whose arguments the sandbox cannot read`);
  return read(message);
}

function headersOf(exit: Message): Readonly<Record<string, string>> {
  const [struct = Buffer.alloc(0)] = nestedOf(exit, 3);
  return Object.fromEntries(nestedOf(decodeMessage(struct), 1).map((entry) => entryOf(decodeMessage(entry))));
}

/** A key, and a `google.protobuf.Value` that holds a text. */
function entryOf(entry: Message): readonly [key: string, value: string] {
  const [value = Buffer.alloc(0)] = nestedOf(entry, 2);
  return [textOf(entry, 1), textOf(decodeMessage(value), 3)];
}
