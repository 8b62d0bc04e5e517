import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import {
  createServer as createGrpcServer,
  createSecureServer as createGrpcsServer,
  type IncomingHttpHeaders,
  type ServerHttp2Stream,
} from 'node:http2';
import { createServer as createHttpsServer } from 'node:https';
import type { Server, Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { Protocol } from '#core/model';
import { type Listening, listenTogether } from '#sandbox/network/loopback';
import type { Certificate } from '../../network/certificates';

/**
 * The request that a provider got: Host (`:authority` of gRPC), and the name of a TLS handshake.
 */
export type Seen = { readonly host?: string; readonly serverName?: string };

export type Recorder = Pick<Listening, 'port' | 'close'> & { readonly seen: readonly Seen[] };

/**
 * A provider of one protocol that answers everything and records requests, except Kong's own checks
 * of `/`.
 */
export async function startRecorder(protocol: Protocol, { cert, key }: Certificate): Promise<Recorder> {
  const seen: Seen[] = [];
  const note: Note = (host, socket) => void seen.push({ host, serverName: nameOf(socket) });
  const listening = await listenTogether(['127.0.0.1'], () => servers[protocol](note, { cert, key }));
  return { ...listening, seen };
}

type Note = (host: string | undefined, socket: Socket | undefined) => void;
type Tls = Pick<Certificate, 'cert' | 'key'>;

const servers: Readonly<Record<Protocol, (note: Note, tls: Tls) => Server>> = {
  http: (note) => createServer(answerHttp(note)),
  https: (note, tls) => createHttpsServer(tls, answerHttp(note)),
  grpc: (note) => createGrpcServer().on('stream', answerGrpc(note)),
  grpcs: (note, tls) => createGrpcsServer(tls).on('stream', answerGrpc(note)),
};

function answerHttp(note: Note) {
  return ({ url, headers, socket }: IncomingMessage, response: ServerResponse) => {
    if (url !== '/') note(headers.host, socket);
    response.end('{}');
  };
}

/** An empty message, and the status for success. */
function answerGrpc(note: Note) {
  return (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => {
    note(headers[':authority'], stream.session?.socket);
    stream.on('error', () => {});
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
    stream.end(Buffer.alloc(5));
  };
}

function nameOf(socket: Socket | undefined): string | undefined {
  const { servername } = socket instanceof TLSSocket ? (socket as { servername?: unknown }) : {};
  return typeof servername === 'string' ? servername : undefined;
}
