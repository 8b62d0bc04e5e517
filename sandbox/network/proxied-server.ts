import type { Server as HttpServer } from 'node:http';
import { createServer, type Server, type Socket } from 'node:net';
import { readProxyHeader } from './proxy-protocol';

/** As nginx waits for the head of a request. */
const headerTimeoutMs = 60_000;

const callers = new WeakMap<Socket, Buffer>();

/** What the header of a connection said of the endpoint that it came in by; undefined: nothing, or the connection had no header. */
export function callerOf(socket: Socket): Buffer | undefined {
  return callers.get(socket);
}

/**
 * A server for connections that begin with a header of PROXY protocol; `http` gets what comes behind it. It closes a connection whose header is
 * refused, cut, or does not come. Unlike nginx, it takes a header that arrives in several pieces.
 */
export function createProxiedServer(http: HttpServer): Server {
  return createServer((socket) => {
    let bytes: Buffer = Buffer.alloc(0);
    const close = () => void socket.destroy();
    function take(chunk: Buffer): void {
      bytes = Buffer.concat([bytes, chunk]);
      const header = readProxyHeader(bytes);
      if (header.state === 'refused') close();
      if (header.state !== 'read') return;
      socket.off('data', take).off('end', close).off('error', close).setTimeout(0).off('timeout', close);
      if (header.caller) callers.set(socket, header.caller);
      socket.pause();
      if (bytes.length > header.length) socket.unshift(bytes.subarray(header.length));
      http.emit('connection', socket);
      socket.resume();
    }
    socket.on('data', take).on('end', close).on('error', close).setTimeout(headerTimeoutMs).on('timeout', close);
  });
}
