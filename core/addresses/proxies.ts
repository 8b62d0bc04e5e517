import type { Problem } from '../errors';
import { kindOf } from './kinds';
import { parseIp, withoutBrackets, wordsOf } from './parse';
import { contains, parseRange } from './ranges';

/**
 * A proxy, with the environment variable that names it. Its user and password are secrets. Messages
 * may show `url.origin`.
 */
export type NamedProxy = { readonly url: URL; readonly variable: string };

type Environment = Readonly<Record<string, string | undefined>>;

/** The target of a connection. */
export type Destination = { readonly protocol: 'http:' | 'https:'; readonly host: string; readonly port: number };

/** This machine and its link, with metadata: a proxy would reach its own. */
const neverProxied: ReadonlySet<string | undefined> = new Set(['loopback', 'unspecified', 'metadata', 'link-local']);

/**
 * The proxy for `destination`, by HTTPS_PROXY or HTTP_PROXY (by the protocol) and NO_PROXY. The
 * lower-case variable wins. Undefined without a proxy. A problem when the variable is not a proxy's
 * address.
 */
export function proxyFor(destination: Destination, env: Environment): NamedProxy | Problem | undefined {
  const [variable, text] = setIn(env, `${destination.protocol.slice(0, -1)}_proxy`) ?? [];
  if (!variable || !text || isDirect(destination, setIn(env, 'no_proxy')?.[1] ?? '')) return undefined;
  return namedBy(text, variable);
}

function namedBy(text: string, variable: string): NamedProxy | Problem {
  // curl and Go also accept a host and a port alone.
  const whole = text.includes('://') ? text : `http://${text}`;
  if (!/^https?:\/\//i.test(whole) || !URL.canParse(whole))
    return { reason: `${variable} names no HTTP proxy`, fix: `write ${variable} as http://HOST:PORT, or unset it` };
  const url = new URL(whole);
  // Otherwise messages would show the beginning of a secret as the host.
  if ((url.pathname + url.search + url.hash).includes('@'))
    return {
      reason: `${variable} has a user or password with / ? or # in it, where the name of the proxy should begin`,
      fix: 'write what is no letter or digit in them as %XX, such as %2F %3F %23',
    };
  return { url, variable };
}

function setIn(env: Environment, name: string): readonly [name: string, value: string] | undefined {
  const found = [name, name.toUpperCase()].find((one) => env[one] !== undefined);
  return found === undefined ? undefined : [found, env[found]?.trim() ?? ''];
}

function isDirect({ host, port }: Destination, noProxy: string): boolean {
  const name = withoutBrackets(host).replace(/\.$/, '').toLowerCase();
  if (name === 'localhost' || neverProxied.has(kindOf(name))) return true;
  return noProxy.split(/[\s,]+/).some((entry) => entry !== '' && covers(entry.toLowerCase(), name, port));
}

/**
 * Whether an entry of NO_PROXY matches the host: by its name or a domain above it, by its address
 * or range. An entry with a port matches only that port.
 */
function covers(entry: string, name: string, port: number): boolean {
  if (entry === '*') return true;
  const range = parseRange(entry);
  const words = wordsOf(name);
  if (range) return words !== undefined && contains(range, words);
  const [, bracketed, plain, only] = /^(?:\[(.+)\]|([^:]+))(?::(\d+))?$/.exec(entry) ?? [];
  if (only !== undefined && Number(only) !== port) return false;
  const named = bracketed ?? plain ?? entry;
  if (words) return parseIp(named) === parseIp(name);
  const domain = named.replace(/^\*?\./, '');
  return name === domain || name.endsWith(`.${domain}`);
}
