import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';

/** Headers about one connection; also Expect, which Node has answered already. */
const hopByHop = [
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-connection',
  'te',
  'trailer',
  'upgrade',
  'expect',
];

const via = '1.1 kong-privatelink-sandbox';

/**
 * The client's headers in Kong's form for the provider, without Host. Kong trusts no address, so it
 * replaces forwarding headers.
 */
export function requestHeaders(message: IncomingMessage, path: string, strippedPrefix?: string): IncomingHttpHeaders {
  const { headers, socket } = message;
  const client = socket.remoteAddress ?? '';
  const { host: _host, ...endToEnd } = endToEndHeaders(headers);
  return {
    ...endToEnd,
    via: joined(headers.via, via),
    'x-real-ip': client,
    'x-forwarded-for': joined(headers['x-forwarded-for'], client),
    'x-forwarded-proto': 'http',
    'x-forwarded-host': hostOf(headers.host),
    'x-forwarded-port': String(socket.localPort),
    'x-forwarded-path': path,
    ...(strippedPrefix && strippedPrefix !== '/' && { 'x-forwarded-prefix': strippedPrefix }),
  };
}

/** The provider's headers as Kong passes them on to the client. */
export function responseHeaders(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  return { ...endToEndHeaders(headers), via: joined(headers.via, via) };
}

/** The name in a Host header, in lower case, without port. */
export function hostOf(header = ''): string {
  return header.toLowerCase().replace(/:\d+$/, '');
}

function endToEndHeaders(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  const named = (headers.connection ?? '').split(',').map((name) => name.trim().toLowerCase());
  const dropped = new Set([...hopByHop, ...named]);
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !dropped.has(name)));
}

function joined(former: string | string[] | undefined, added: string): string {
  return former === undefined ? added : `${former}, ${added}`;
}
