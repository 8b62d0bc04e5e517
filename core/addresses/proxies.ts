import type { Problem } from '../errors';
import { kindOf } from './kinds';
import { parseIp, withoutBrackets, wordsOf } from './parse';
import { contains, parseRange } from './ranges';

/**
 * A proxy, and the variable of the environment that names it. Its user and password are secrets:
 * `url.origin` is what may be shown.
 */
export type NamedProxy = { readonly url: URL; readonly variable: string };

type Environment = Readonly<Record<string, string | undefined>>;

/** Where a connection goes. */
export type Destination = { readonly protocol: 'http:' | 'https:'; readonly host: string; readonly port: number };

/** This machine and its neighbours on the link, metadata among them: a proxy would ask its own. */
const neverProxied: ReadonlySet<string | undefined> = new Set(['loopback', 'unspecified', 'metadata', 'link-local']);

/**
 * The proxy on the way to `destination`, as HTTPS_PROXY or HTTP_PROXY (by the protocol) and
 * NO_PROXY say; the lower case counts first. Undefined where there is none; a problem where the
 * variable names none.
 */
export function proxyFor(destination: Destination, env: Environment): NamedProxy | Problem | undefined {
  const [variable, text] = setIn(env, `${destination.protocol.slice(0, -1)}_proxy`) ?? [];
  if (!variable || !text || isDirect(destination, setIn(env, 'no_proxy')?.[1] ?? '')) return undefined;
  return namedBy(text, variable);
}

function namedBy(text: string, variable: string): NamedProxy | Problem {
  // As curl and Go take it, a host and a port alone are enough.
  const whole = text.includes('://') ? text : `http://${text}`;
  if (!/^https?:\/\//i.test(whole) || !URL.canParse(whole))
    return { reason: `${variable} names no HTTP proxy`, fix: `write ${variable} as http://HOST:PORT, or unset it` };
  const url = new URL(whole);
  // Else what is shown as the host would be the beginning of a secret.
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
 * Whether an entry of NO_PROXY names the host: itself or a domain above it, an address or its
 * range, a port where it has one.
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
