import type { Server as HttpServer } from 'node:http';
import { createServer, type Server, type Socket } from 'node:net';
import { readProxyHeader } from './proxy-protocol';

/** nginx's own time for the head of a request, in milliseconds. */
const headerTimeoutMs = 60_000;

const callers = new WeakMap<Socket, Buffer>();

/** Returns the endpoint of the connection from its PROXY header; undefined without one. */
export function callerOf(socket: Socket): Buffer | undefined {
  return callers.get(socket);
}

/**
 * Creates a server for connections with a header of PROXY protocol; `http` gets the bytes behind
 * the header. It closes a connection whose header is refused, cut, or missing. Unlike nginx, it
 * takes a header in several pieces.
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
