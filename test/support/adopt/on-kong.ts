import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { text } from 'node:stream/consumers';
import { TLSSocket } from 'node:tls';
import { type Listening, listenTogether } from '#sandbox/network/loopback';
import type { Sent } from '../kong/load';
import type { Certificate } from '../network/certificates';

/** The request that a provider got; `of`: the kind of request, which it carries. */
export type Arrival = { readonly of: string; readonly what: string };

/**
 * Starts providers that answer with a line about the request: Host, name in the TLS handshake,
 * method, path and body.
 */
export async function startProviders(addresses: readonly string[], tls: Pick<Certificate, 'cert' | 'key'>) {
  const arrivals: Arrival[] = [];
  const answer = (message: IncomingMessage, response: ServerResponse) => {
    const { method, url, headers, socket } = message;
    const { servername } = socket instanceof TLSSocket ? (socket as { servername?: unknown }) : {};
    text(message)
      .then((body) => {
        const forwarded = [headers['x-forwarded-host'], headers['x-forwarded-path'], headers['x-forwarded-prefix']];
        const what = { host: headers.host, servername, method, url, body, forwarded };
        arrivals.push({ of: String(headers['x-of']), what: JSON.stringify(what) });
        response.end('{}');
      })
      .catch(() => response.destroy());
  };
  const http = await listenTogether(addresses, () => createServer(answer));
  const https = await listenTogether(addresses, () => createHttpsServer(tls, answer));
  const close = async () => {
    for (const one of [http, https] satisfies Listening[]) await one.close();
  };
  return { ports: { http: http.port, https: https.port }, arrivals, close };
}

/** An endpoint of the test: its names, and its two addresses. */
export type Reached = { readonly name: string; readonly zonal: readonly string[]; readonly ips: readonly string[] };

type Entity = Readonly<Record<string, unknown>>;
type Ports = { readonly http: number; readonly https: number };

export type OnKong = {
  readonly service: Entity & { readonly routes: readonly Entity[] };
  readonly upstream?: Entity & { readonly targets: readonly Entity[] };
  /** Kinds of requests, by the path to ask for. */
  readonly asks: readonly (Sent & { readonly path: string })[];
};

/** Services as people write them, each of one endpoint; decK's format, nested. */
export const onKong: Readonly<Record<string, (reached: Reached, ports: Ports) => OnKong>> = {
  plain: ({ name }, { http }) => ({
    service: { host: name, port: http, protocol: 'http', routes: [{ paths: ['/plain'] }] },
    asks: [{ path: '/plain/a%20b?x=1&y=%2f' }, { path: '/plain', method: 'POST', body: 'x=1' }],
  }),
  tls: ({ name }, { https }) => ({
    service: { host: name, port: https, protocol: 'https', routes: [{ paths: ['/tls/'], strip_path: false }] },
    asks: [{ path: '/tls/orders' }],
  }),
  pathed: ({ name }, { http }) => ({
    service: { host: name, port: http, protocol: 'http', path: '/api/v2', routes: [{ paths: ['/pathed'] }] },
    asks: [{ path: '/pathed' }, { path: '/pathed/orders', method: 'PUT', body: '{"a":1}' }],
  }),
  routed: ({ name }, { http }) => ({
    service: {
      ...{ host: name, port: http, protocol: 'http' },
      routes: [
        { name: 'by-header', paths: ['/routed'], headers: { 'x-release': ['beta'] }, strip_path: false },
        { name: 'by-pattern', paths: ['~/routed/(?<id>\\d+)$'], methods: ['DELETE', 'GET'] },
        { name: 'by-host', hosts: ['orders.example'], preserve_host: true },
      ],
    },
    asks: [
      { path: '/routed/x', headers: { 'x-release': 'beta' } },
      { path: '/routed/17', method: 'DELETE' },
      { path: '/anything', headers: { host: 'orders.example' } },
    ],
  }),
  balanced: ({ zonal }, { https }) => ({
    service: { host: 'balanced.up', port: 80, protocol: 'https', routes: [{ paths: ['/balanced'] }] },
    upstream: {
      name: 'balanced.up',
      host_header: 'api.balanced.example',
      targets: zonal.map((one) => ({ target: `${one}:${https}` })),
    },
    asks: [{ path: '/balanced/x', method: 'POST', body: 'balanced' }],
  }),
  addressed: ({ ips }, { http }) => ({
    service: { host: 'addressed.up', protocol: 'http', routes: [{ paths: ['/addressed'], preserve_host: true }] },
    upstream: {
      name: 'addressed.up',
      algorithm: 'least-connections',
      targets: ips.map((ip) => ({ target: `${ip}:${http}` })),
    },
    asks: [{ path: '/addressed/x', headers: { host: 'client.example' } }],
  }),
  named: ({ ips }, { https }) => ({
    service: { host: 'named.up', protocol: 'https', routes: [{ paths: ['/named'] }] },
    upstream: {
      name: 'named.up',
      host_header: 'api.named.example',
      targets: ips.map((ip) => ({ target: `${ip}:${https}` })),
    },
    asks: [{ path: '/named/x' }],
  }),
};
