import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { messageOf } from '#core/errors';
import type { Answer, Call } from './call';
import type { Fault, TakeFault } from './faults';
import { Refusal, refused } from './refusal';

/** `status` 0: no answer was given. */
export type RecordedCall = { readonly method: string; readonly path: string; readonly status: number };

/** Calls to the server so far. */
export type Traffic = { readonly calls: RecordedCall[]; running: number; peak: number };

type Request = {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
};

export type Respond = (request: Request) => Answer;

type Exchange = { readonly message: IncomingMessage; readonly response: ServerResponse };
type Served = {
  readonly respond: Respond;
  readonly traffic: Traffic;
  readonly takeFault: TakeFault;
  /** The clock for the date of answers; absent: Node's, by the wall clock. */
  readonly now?: () => number;
};

/**
 * Listens on 127.0.0.1, on a port of the system's choice by default. Rejects when the port is
 * taken.
 */
export async function listen(served: Served, port = 0) {
  // With a time-out of our own, a delayed client would write on a connection that is just being
  // closed.
  const server = createServer({ keepAliveTimeout: 0 }, (message, response) => serve({ message, response }, served));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close };
}

/** Splits each request into a call; a Refusal thrown on the way is the answer. */
export function responderOf(answer: (call: Call, headers: IncomingHttpHeaders) => Answer): Respond {
  return ({ method, url, headers, body }) => {
    try {
      const [pathname = '', search] = url.split('?', 2);
      return answer({ method, path: segmentsOf(pathname), query: queryOf(search), body: parse(body) }, headers);
    } catch (thrown) {
      if (thrown instanceof Refusal) return { status: thrown.status, body: thrown.body };
      return { status: 500, body: { message: messageOf(thrown) } };
    }
  };
}

/** Of ten thousand writes hardly one needs decoding. */
function segmentsOf(pathname: string): readonly string[] {
  const segments = pathname.slice(1).split('/');
  return pathname.includes('%') ? segments.map(decodeURIComponent) : segments;
}

function queryOf(search: string | undefined): URLSearchParams {
  return search === undefined ? noQuery : new URLSearchParams(search);
}

const noQuery = new URLSearchParams();

function parse(body: string): unknown {
  try {
    return body === '' ? undefined : JSON.parse(body);
  } catch {
    throw refused(400, 'Bad Request', 'body is not JSON');
  }
}

/** Reads one call, counts it, and answers it, unless a fault says otherwise. */
function serve({ message, response }: Exchange, served: Served): void {
  const { traffic } = served;
  traffic.running += 1;
  traffic.peak = Math.max(traffic.peak, traffic.running);
  response.once('close', () => {
    traffic.running -= 1;
  });
  const chunks: Buffer[] = [];
  message.on('data', (chunk: Buffer) => chunks.push(chunk));
  // A client that hangs up before the end of its call gets no answer.
  message.once('error', () => message.destroy());
  message.once('end', () => {
    try {
      reply({ message, response }, Buffer.concat(chunks).toString(), served);
    } catch {
      message.destroy();
    }
  });
}

function reply({ message, response }: Exchange, body: string, { respond, traffic, takeFault, now }: Served): void {
  const { method = '', url = '' } = message;
  if (now) response.setHeader('date', new Date(now()).toUTCString());
  const fault = takeFault(method, url);
  const answer = replaced(fault) ?? respond({ method, url, headers: message.headers, body });
  traffic.calls.push({ method, path: url, status: isAnswered(fault) ? answer.status : 0 });
  if (!fault) send(response, answer);
  else if (fault.kind === 'status') send(response, answer, fault.headers);
  else if (fault.kind === 'delay') setTimeout(() => send(response, answer), fault.ms).unref();
  else if (fault.kind === 'truncate') truncate(response, answer);
  else if (fault.kind === 'drop') message.socket.destroy();
}

function isAnswered(fault: Fault | undefined): boolean {
  return !fault || fault.kind === 'status' || fault.kind === 'delay';
}

/** Returns the replacing answer, when the fault keeps the call from its effect. */
function replaced(fault: Fault | undefined): Answer | undefined {
  if (fault?.kind === 'status') return { status: fault.status, body: { message: 'injected fault' } };
  const isLost = fault?.kind === 'hang' || (fault?.kind === 'drop' && fault.when !== 'after');
  return isLost ? { status: 0 } : undefined;
}

function send(response: ServerResponse, { status, body }: Answer, headers?: Readonly<Record<string, string>>): void {
  const text = body === undefined ? '' : JSON.stringify(body);
  const type = text && { 'content-type': 'application/json; charset=utf-8', 'content-length': Buffer.byteLength(text) };
  response.writeHead(status, { ...type, ...headers }).end(text);
}

function truncate(response: ServerResponse, { status, body }: Answer): void {
  const text = JSON.stringify(body ?? {});
  response.writeHead(status, { 'content-length': Buffer.byteLength(text) });
  response.write(text.slice(0, text.length / 2), () => response.destroy());
}
