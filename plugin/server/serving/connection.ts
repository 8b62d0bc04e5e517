import type { Socket } from 'node:net';
import { messageOf } from '#core/errors';
import type { Kong } from '../../request/handler';
import { type Answers, createAnswers } from '../protocol/answers';
import { createFrameReader, type FrameReader, frameOf } from '../protocol/frames';
import { createKong } from '../protocol/kong';
import { createOutbox, type Outbox } from '../protocol/outbox';
import { encodeReturn, type HandleEvent, parseCall } from '../protocol/rpc';
import type { Instance, Instances } from './instances';
import type { Counts } from './metrics';

export type ConnectionOptions = {
  readonly instances: Instances;
  readonly counts: Counts;
  /** Called with the reason of a dropped connection, and with errors of plugins. */
  readonly onProblem: (reason: string) => void;
};

export type Connection = {
  /** No event is running, Kong has answered all calls, and the connection is not ending. */
  readonly isIdle: () => boolean;
  /** The number of its last event, among the events of all connections. */
  readonly lastEvent: () => number;
  /** Ends the connection as soon as no event is running and Kong has answered all calls. */
  readonly endWhenIdle: () => void;
};

type Link = ConnectionOptions & {
  readonly socket: Socket;
  readonly outbox: Outbox;
  readonly answers: Answers;
  readonly kong: Kong;
  readonly reader: FrameReader;
  /** A phase is running. Kong runs at most one on a connection. */
  isRunning: boolean;
  lastEvent: number;
  isEnding: boolean;
};

/** Unread bytes of a peer above which its connection is dropped. */
const maxUnreadBytes = 1024 * 1024;

/** Serves a connection of Kong. Nothing is thrown, whatever arrives. */
export function serveConnection(socket: Socket, options: ConnectionOptions): Connection {
  const outbox = createOutbox(socket);
  const link: Link = {
    ...options,
    socket,
    outbox,
    answers: createAnswers(outbox.flush, () => giveUp(link, 'Kong did not answer a call')),
    kong: createKong((call) => {
      if (!link.isRunning) throw new Error(`${call.method} was called after the end of its phase`);
      options.counts.calls.set(call.method, (options.counts.calls.get(call.method) ?? 0) + 1);
      outbox.append(call.frames);
      return link.answers.expect(call);
    }),
    reader: createFrameReader({
      isReady: () => !socket.destroyed && (link.answers.areExpected() || !link.isRunning),
      take: (bytes, at, end) => take(link, bytes, at, end),
    }),
    isRunning: false,
    lastEvent: options.counts.events,
    isEnding: false,
  };
  socket.on('data', (chunk) => guard(link, () => link.reader.push(chunk)));
  socket.on('close', () => link.answers.fail());
  // `close` follows.
  socket.on('error', () => {});
  return {
    isIdle: () => isIdle(link) && !link.isEnding,
    lastEvent: () => link.lastEvent,
    endWhenIdle: () => {
      link.isEnding = true;
      endIfIdle(link);
    },
  };
}

function take(link: Link, bytes: Buffer, at: number, end: number): void {
  if (link.answers.areExpected()) link.answers.take(bytes, at, end);
  else obey(link, bytes, at, end);
  if (link.isEnding) endIfIdle(link);
}

function obey(link: Link, bytes: Buffer, at: number, end: number): void {
  const { sequence, command } = parseCall(bytes, at, end);
  const { instances, outbox } = link;
  if (command.kind === 'handle event') {
    handle(link, command, sequence);
    return;
  }
  const status = command.kind === 'start instance' ? instances.start(command.name, command.config) : undefined;
  if (command.kind === 'close instance') instances.close(command.instanceId);
  outbox.append(frameOf(encodeReturn(sequence, status)));
  outbox.flush();
}

function handle(link: Link, { instanceId, phase }: HandleEvent, sequence: number): void {
  const instance = link.instances.find(instanceId);
  // The protocol has no error for this. Kong starts a new instance when the connection closes.
  if (!instance) throw new Error(`there is no plugin instance ${instanceId}`);
  instance.isUsed = true;
  link.counts.events += 1;
  link.lastEvent = link.counts.events;
  link.isRunning = true;
  const result = runPhase(link, instance, phase);
  if (result instanceof Promise) void finishAfter(link, result, sequence);
  else finish(link, sequence);
}

/** Returns the phase's result. An error is reported, and the calls before it remain valid. */
function runPhase({ kong, onProblem }: Link, { phases }: Instance, phase: string): unknown {
  try {
    return phases.get(phase)?.(kong);
  } catch (thrown) {
    onProblem(messageOf(thrown));
    return undefined;
  }
}

async function finishAfter(link: Link, result: Promise<unknown>, sequence: number): Promise<void> {
  await result.catch((thrown: unknown) => link.onProblem(messageOf(thrown)));
  guard(link, () => {
    finish(link, sequence);
    link.reader.resume();
    if (link.isEnding) endIfIdle(link);
  });
}

/** The calls of a phase go out together with its end. Kong answers all of them at once. */
function finish(link: Link, sequence: number): void {
  link.isRunning = false;
  link.outbox.appendEnd(sequence);
  link.outbox.flush();
  if (link.socket.writableLength > maxUnreadBytes) giveUp(link, 'the peer reads nothing');
}

function isIdle({ isRunning, answers }: Link): boolean {
  return !isRunning && !answers.areExpected();
}

function endIfIdle(link: Link): void {
  if (isIdle(link)) link.socket.end();
}

function guard(link: Link, act: () => void): void {
  try {
    act();
  } catch (thrown) {
    giveUp(link, messageOf(thrown));
  }
}

function giveUp({ socket, onProblem }: Link, reason: string): void {
  onProblem(`a connection was closed: ${reason}`);
  socket.destroy();
}
