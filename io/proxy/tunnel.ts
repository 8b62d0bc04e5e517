import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Socket } from 'node:net';
import { withoutBrackets } from '#core/addresses/parse';
import { type Destination, type NamedProxy, proxyFor } from '#core/addresses/proxies';
import { codeOf, isProblem, messageOf } from '#core/errors';
import { tlsFixOf, untrustedFix } from '../tls-failures';

/**
 * The proxy opens no tunnel. `code` is Node's where a retry may help, as for an unreachable host;
 * else PROXY_REFUSED.
 */
export class ProxyError extends Error {
  override readonly name = 'ProxyError';
  readonly code: string;
  readonly fix: string;

  constructor(reason: string, { code, fix, cause }: { code: string; fix: string; cause?: unknown }) {
    super(reason, { cause });
    this.code = code;
    this.fix = fix;
  }
}

/** The code for any other answer of a proxy, and for a variable without a usable proxy. */
export const proxyRefused = 'PROXY_REFUSED';
/** Statuses of a proxy that does not reach the host. */
const unreachedStatuses: readonly (number | undefined)[] = [500, 502, 503, 504];

/**
 * Opens a connection to the destination through the proxy (CONNECT). The proxy sees only host and
 * port. Returns undefined where the environment of this process names no proxy; the SDK and Node
 * read the same variables. Rejects with ProxyError.
 */
export function openTunnel(destination: Destination, timeoutMs: number): Promise<Socket> | undefined {
  const proxy = proxyFor(destination, process.env);
  if (!proxy) return undefined;
  if (!isProblem(proxy)) return connectThrough(proxy, destination, timeoutMs);
  return Promise.reject(new ProxyError(proxy.reason, { code: proxyRefused, fix: proxy.fix }));
}

function connectThrough(proxy: NamedProxy, destination: Destination, timeoutMs: number): Promise<Socket> {
  const { url } = proxy;
  return new Promise((resolve, reject) => {
    const call = connectRequest(url, destination);
    const timer = setTimeout(() => call.destroy(lateness(timeoutMs)), timeoutMs).unref();
    call.once('connect', (answer, socket) => {
      clearTimeout(timer);
      if (answer.statusCode === 200) return resolve(socket);
      socket.on('error', () => {}).destroy();
      reject(refusal(proxy, destination, answer));
    });
    call.once('error', (cause) => {
      clearTimeout(timer);
      reject(silence(proxy, destination, cause));
    });
    call.end();
  });
}

function connectRequest(url: URL, destination: Destination): ClientRequest {
  const path = formatTarget(destination);
  const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
  return send({
    method: 'CONNECT',
    hostname: withoutBrackets(url.hostname),
    port: url.port,
    path,
    headers: { host: path, ...authorizationOf(url) },
    agent: false,
  });
}

function authorizationOf({ username, password }: URL): Readonly<Record<string, string>> {
  if (!username && !password) return {};
  const pair = `${decoded(username)}:${decoded(password)}`;
  return { 'proxy-authorization': `Basic ${Buffer.from(pair).toString('base64')}` };
}

/** A `%` without an encoding stands for itself. */
function decoded(text: string): string {
  return text.replace(/(%[0-9a-f]{2})+/gi, (encoded) => Buffer.from(encoded.replaceAll('%', ''), 'hex').toString());
}

function formatTarget({ host, port }: Destination): string {
  return `${host.includes(':') && !host.startsWith('[') ? `[${host}]` : host}:${port}`;
}

function lateness(timeoutMs: number): Error {
  return Object.assign(new Error(`nothing within ${timeoutMs / 1_000} s`), { code: 'ETIMEDOUT' });
}

/** The proxy answered, and opened nothing. */
function refusal(proxy: NamedProxy, destination: Destination, answer: IncomingMessage): ProxyError {
  const { url, variable } = proxy;
  const { statusCode: status } = answer;
  const reason = `the proxy ${url.origin} (${variable}) answered ${status} to CONNECT ${formatTarget(destination)}`;
  const around = `name ${destination.host} in NO_PROXY where the way leads past the proxy`;
  if (status === 407) return new ProxyError(reason, { code: proxyRefused, fix: askedFix(proxy, answer) });
  if (unreachedStatuses.includes(status))
    return new ProxyError(reason, { code: 'EHOSTUNREACH', fix: `see why the proxy does not reach it, or ${around}` });
  return new ProxyError(reason, {
    code: proxyRefused,
    fix: `let the proxy allow CONNECT to ${formatTarget(destination)}, or ${around}`,
  });
}

/**
 * Depends on the schemes of the proxy. The product speaks Basic alone, and tries Basic where the
 * proxy names no scheme.
 */
function askedFix({ url, variable }: NamedProxy, { headers }: IncomingMessage): string {
  const schemes = headers['proxy-authenticate']?.match(/(?<=^|, ?)[\w-]{1,20}(?=$|[ ,])/g) ?? ['Basic'];
  if (schemes.some((scheme) => /^basic$/i.test(scheme)))
    return `put the user and password that it takes into ${variable}: ${url.protocol}//USER:PASSWORD@${url.host}`;
  const others = schemes.slice(0, 3).join(' and ');
  return `let it take Basic: ${others} are not spoken here; or name a proxy in ${variable} that speaks them for you`;
}

/** The proxy did not answer. */
function silence({ url, variable }: NamedProxy, { host }: Destination, cause: unknown): ProxyError {
  return new ProxyError(`the proxy ${url.origin} (${variable}) gave no answer: ${messageOf(cause)}`, {
    code: codeOf(cause) ?? proxyRefused,
    fix:
      tlsFixOf(cause, { address: variable, untrustedFix }) ??
      `correct ${variable}, see that the proxy runs, or name ${host} in NO_PROXY where the way leads past it`,
    cause,
  });
}
