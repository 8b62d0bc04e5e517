import type { IncomingHttpHeaders } from 'node:http';

/**
 * The destination of one request. Plugins change it on the way (Kong's `balancer_data` and
 * `upstream_host`).
 */
export type Routing = {
  /** Name of an upstream, else the host to connect to. */
  host: string;
  port: number;
  /** Host header as it shall be sent; undefined: that of the address. */
  hostHeader?: string;
  headers: IncomingHttpHeaders;
  chosenBy: 'plugin' | 'balancer';
  /** Answered here, without the provider. */
  exit?: Exit;
};

/** `body` of another type than text is sent as JSON. */
export type Exit = {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
};

/** An answer of the gateway itself, in the form of Kong's. */
export function failure(status: number, message: string): Exit {
  return { status, body: { message } };
}
