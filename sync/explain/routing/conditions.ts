import { isEmpty } from '#core/json';
import type { JsonObject } from '#core/model';
import { bytesOf } from './path';
import type { FindPattern } from './pattern';
import { hasExpression, headersOf, isRegex, listOf, type RoutePart } from './priority';

/**
 * A request as routes see it. Absent fields are unknown, except headers: the request has no others.
 */
export type RoutedRequest = {
  readonly method: string;
  readonly scheme: 'http' | 'https';
  /** Without a port. */
  readonly host?: string;
  /** Port of the Host header. */
  readonly port?: number;
  /** With or without a query. */
  readonly path: string;
  /** Names and values. */
  readonly headers: readonly (readonly [string, string])[];
};

/** Whether a request meets a condition. A text: the missing knowledge. */
export type Met = boolean | string;

/** Whether the route takes the request, and the matching path. Undefined: every path. */
export type RouteTaking = { readonly met: Met; readonly path?: string };

/** Input that is computed once for all routes. */
export type Matching = {
  /** Result of `routedPath`. */
  readonly asked: string;
  readonly find: FindPattern;
};

/**
 * Whether a part of a route takes the request, by the router of flavour `traditional_compatible`
 * (kong/router/transform.lua, 3.9).
 */
export function takingOf(
  { route: { fields }, paths }: RoutePart,
  request: RoutedRequest,
  matching: Matching,
): RouteTaking {
  if (hasExpression(fields)) return { met: 'explain does not evaluate its expression' };
  const { met: byPath, path } = pathOf(paths, matching);
  const met = all([
    byPath,
    methodMet(fields, request),
    hostMet(fields, request),
    headersMet(fields, request, matching),
    sniMet(fields, request),
    addressMet(fields),
  ]);
  return { met, path };
}

/** False where a condition is false, else the missing knowledge, else true. */
function all(conditions: readonly Met[]): Met {
  if (conditions.includes(false)) return false;
  const unknown = conditions.filter((one) => typeof one === 'string');
  return unknown.length === 0 || unknown.join(', ');
}

/** True where a condition is true, else the missing knowledge, else false. */
function any(conditions: readonly Met[]): Met {
  if (conditions.includes(true)) return true;
  return conditions.find((one) => typeof one === 'string') ?? false;
}

function pathOf(paths: readonly string[], matching: Matching): RouteTaking {
  if (paths.length === 0) return { met: true };
  const all = paths.map((path) => ({ path, met: pathMet(path, matching) }));
  return all.find(({ met }) => met === true) ?? all.find(({ met }) => met !== false) ?? { met: false };
}

function pathMet(path: string, { asked, find }: Matching): Met {
  if (!isRegex(path)) return asked.startsWith(bytesOf(path));
  return find(bytesOf(path.slice(1)), asked, '^') ?? `explain cannot tell whether ${path} matches the path`;
}

function methodMet(fields: JsonObject, { method }: RoutedRequest): Met {
  const methods = listOf(fields, 'methods');
  return methods.length === 0 || methods.includes(method);
}

function hostMet(fields: JsonObject, { host, port }: RoutedRequest): Met {
  const hosts = listOf(fields, 'hosts');
  if (hosts.length === 0) return true;
  if (host === undefined) return `it requires Host ${hosts.join(' or ')}`;
  return any(
    hosts.map((wanted) => {
      const [, name = wanted, wantedPort] = /^([^:]*):(\d+)$/.exec(wanted) ?? [];
      if (!isLike(name, host)) return false;
      if (wantedPort === undefined) return true;
      return port === undefined ? `it requires port ${wantedPort}` : port === Number(wantedPort);
    }),
  );
}

/** Whether a name matches. An asterisk at the begin or end matches anything. */
function isLike(wanted: string, name: string): boolean {
  if (wanted.startsWith('*')) return name.endsWith(wanted.slice(1));
  return wanted.endsWith('*') ? name.startsWith(wanted.slice(0, -1)) : name === wanted;
}

function headersMet(fields: JsonObject, { headers }: RoutedRequest, { find }: Matching): Met {
  return all(
    headersOf(fields).map(([name, wanted]) => {
      const own = headers.filter(([other]) => headerName(other) === headerName(name));
      const given = own.map(([, value]) => value.toLowerCase());
      return any(
        wanted.flatMap((one) => given.map((value) => headerMet(name, { wanted: one.toLowerCase(), value, find }))),
      );
    }),
  );
}

/** Kong treats underscores as dashes. */
function headerName(name: string): string {
  return name.toLowerCase().replaceAll('_', '-');
}

type HeaderMatching = Pick<Matching, 'find'> & { readonly wanted: string; readonly value: string };

function headerMet(name: string, { wanted, value, find }: HeaderMatching): Met {
  if (!wanted.startsWith('~*')) return value === wanted;
  return find(wanted.slice(2), value) ?? `explain cannot tell whether ${wanted} matches header ${name}`;
}

/** A request without TLS meets every SNI. With TLS clients name the wanted host. */
function sniMet(fields: JsonObject, { scheme, host }: RoutedRequest): Met {
  const snis = listOf(fields, 'snis');
  if (snis.length === 0 || scheme === 'http') return true;
  if (host === undefined) return `it requires the TLS server name ${snis.join(' or ')}`;
  return snis.some((sni) => isLike(sni.length > 1 ? sni.replace(/\.$/, '') : sni, host));
}

function addressMet(fields: JsonObject): Met {
  const asked = ['sources', 'destinations'].filter((field) => !isEmpty(fields[field] ?? null));
  return asked.length === 0 || `it requires certain ${asked.join(' and ')}`;
}
