import { rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { withoutBrackets } from '#core/addresses/parse';
import { messageOf, PrivatelinkError } from '#core/errors';
import { serverTimeouts } from '#io/server-timeouts';
import { findAt } from '#io/unix-socket';

const unixPrefix = 'unix:';
const loopback = /^(127(?:\.\d{1,3}){3}|\[::1\]|localhost):(\d{1,5})$/;

/** Kong's connections need the file descriptors more. */
const maxConnections = 16;

type Address = { readonly path: string } | { readonly host: string; readonly port: number };

/**
 * Serves the text of `render` at `/metrics`; the address is `127.0.0.1:PORT` or `unix:/path`.
 * Throws PrivatelinkError for any other address, or an address in use.
 */
export async function serveMetrics(address: string, render: () => string): Promise<Server> {
  const listening = parseAddress(address);
  const server = createServer(serverTimeouts, (request, response) => {
    const isKnown = request.url === '/metrics';
    response.writeHead(isKnown ? 200 : 404, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' });
    response.end(isKnown ? render() : 'not found: see /metrics\n');
  });
  server.maxConnections = maxConnections;
  if ('path' in listening) await clear(address, listening.path);
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) => reject(refused(address, messageOf(cause))));
    server.listen(listening, resolve);
  });
  return server;
}

/** Replaces a socket without a server; any other file belongs to somebody. */
async function clear(address: string, path: string): Promise<void> {
  const found = await findAt(path);
  if (found === 'no socket') throw refused(address, 'there is something that is no socket, and it is left as it is');
  if (found === 'served') throw refused(address, 'another process serves it');
  rmSync(path, { force: true });
}

function parseAddress(address: string): Address {
  if (address.startsWith(`${unixPrefix}/`)) return { path: address.slice(unixPrefix.length) };
  const [, host, port] = loopback.exec(address) ?? [];
  if (host === undefined || Number(port) > 65_535) throw refused(address, 'it is no address of this host alone');
  return { host: withoutBrackets(host), port: Number(port) };
}

function refused(address: string, why: string): PrivatelinkError {
  const fix = 'use --metrics 127.0.0.1:PORT or unix:/path';
  return new PrivatelinkError(`metrics cannot be served on ${address} (${why})`, { code: 'CONFIG_INVALID', fix });
}
