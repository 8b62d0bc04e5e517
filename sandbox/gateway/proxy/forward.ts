import { type Agent, type ClientRequest, type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http';
import type { Readable } from 'node:stream';
import type { TryResult } from './balancer';

export type Forward = {
  readonly ip: string;
  readonly port: number;
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** Streamed after the connect: a failed connect leaves the body whole. */
  readonly body?: Readable;
  readonly connectTimeoutMs: number;
  /** Between two pieces of sent or received data. */
  readonly readTimeoutMs: number;
  readonly agent: Agent;
  readonly signal: AbortSignal;
};

/** `wasSent`: the provider may have seen the request. */
export type Forwarded =
  | { readonly result: 'answered'; readonly response: IncomingMessage }
  | { readonly result: Exclude<TryResult, 'answered'>; readonly wasSent: boolean };

/** Tries one address; never rejects. */
export function forward(call: Forward): Promise<Forwarded> {
  const { ip, port, method, path, headers, agent, signal } = call;
  const outgoing = request({ host: ip, port, method, path, headers, agent, signal, setHost: false });
  return new Promise((resolve) => {
    let wasSent = false;
    let isLate = false;
    const giveUp = () => {
      isLate = true;
      outgoing.destroy();
    };
    // Earlier events are handled first: a blocked event loop is no black hole.
    const timer = setTimeout(() => setImmediate(() => wasSent || giveUp()), call.connectTimeoutMs).unref();
    whenConnected(outgoing, () => {
      clearTimeout(timer);
      wasSent = true;
      outgoing.setTimeout(call.readTimeoutMs, giveUp);
      if (call.body) call.body.pipe(outgoing);
      else outgoing.end();
    });
    outgoing.once('response', (response) => resolve({ result: 'answered', response }));
    outgoing.on('error', () => {
      clearTimeout(timer);
      resolve({ result: isLate ? 'timeout' : 'refused', wasSent });
    });
  });
}

function whenConnected(outgoing: ClientRequest, callback: () => void): void {
  outgoing.once('socket', (socket) => {
    if (socket.connecting) socket.once('connect', callback);
    else callback();
  });
}
