import { request as httpRequest, type RequestOptions } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { connect, isIP } from 'node:net';
import { hasCode } from '#core/errors';
import type { Choice } from '../reach/resolve';
import type { ProbeSettings } from './probe-settings';

/**
 * Whether the target answers; undefined: this machine could not ask. Never rejects; returns false
 * when `signal` aborts.
 */
export type Probe = (choice: Choice, settings: ProbeSettings, signal: AbortSignal) => Promise<boolean | undefined>;

/**
 * A shortage of this machine (file descriptors, memory, own ports) proves nothing about a target.
 */
const ownFailures = ['EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM', 'EADDRNOTAVAIL'];

type Settle = (isAlive: boolean | undefined) => void;

/** An open connection or request of a probe. */
type Attempt = { readonly destroy: () => void };

/** Probes over the network: a connection, or an answer to GET with a status from 200 to 399. */
export const probeTarget: Probe = (choice, settings, signal) =>
  new Promise<boolean | undefined>((resolve) => {
    const settle: Settle = (isAlive) => {
      clearTimeout(timer);
      signal.removeEventListener('abort', fail);
      attempt.destroy();
      resolve(isAlive);
    };
    const fail = () => settle(false);
    const attempt = settings.kind === 'tcp' ? connectTo(choice, settle) : ask(choice, settings, settle);
    // After a blocked event loop, an answer in time may still wait to be read. The event loop reads
    // it before setImmediate.
    const timer = setTimeout(() => setImmediate(fail), settings.timeoutMs).unref();
    signal.addEventListener('abort', fail, { once: true });
    // Node throws at once for an impossible port or header.
  }).catch(() => false);

function whenFailed(error: Error): false | undefined {
  return hasCode(error, ...ownFailures) ? undefined : false;
}

function connectTo({ ip, port }: Choice, settle: Settle): Attempt {
  return connect({ host: ip, port }, () => settle(true)).on('error', (error) => settle(whenFailed(error)));
}

function ask(choice: Choice, { kind, path }: ProbeSettings, settle: Settle): Attempt {
  const { ip, port, host } = choice;
  const options: RequestOptions = { host: ip, port, path, headers: { host }, agent: false };
  const sent =
    kind === 'https'
      ? httpsRequest({ ...options, servername: serverNameOf(host), rejectUnauthorized: false })
      : httpRequest(options);
  sent.on('response', ({ statusCode = 0 }) => settle(statusCode >= 200 && statusCode < 400));
  sent.on('error', (error) => settle(whenFailed(error)));
  return sent.end();
}

/** The host without its port; TLS cannot ask for an address as a name. */
function serverNameOf(host: string): string {
  const name = host.replace(/:\d+$/, '');
  return isIP(name) ? '' : name;
}
