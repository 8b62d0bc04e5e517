import type { Endpoint, Protocol } from '../core/model';
import type { TagKeys } from './config';

/** What the tags of an endpoint say. */
export type Claim = Pick<Endpoint, 'domain' | 'protocol' | 'port' | 'host' | 'paths' | 'weight'>;

export type Tags = ReadonlyMap<string, string>;

/** A tag that cannot be used: what is wrong with it, and what to write instead. */
export type TagProblem = { readonly problem: string; readonly fix: string };

export type ParsedTags = { readonly claim: Claim } | TagProblem;

const protocols: Readonly<Record<Protocol, { readonly port: number; readonly isTls: boolean }>> = {
  http: { port: 80, isTls: false },
  https: { port: 443, isTls: true },
  grpc: { port: 80, isTls: false },
  grpcs: { port: 443, isTls: true },
};

/** Kong refuses more than this many values nowhere; a tag holds 256 characters, so more is a mistake. */
const maxPaths = 20;

/** Reads the tags that `keys` names, with the design's defaults; the first problem found is given instead. */
export function parseTags(tags: Tags, keys: TagKeys): ParsedTags {
  const read = (name: keyof TagKeys) => tags.get(keys[name])?.trim() || undefined;
  const problemOf = (name: keyof TagKeys, fix: string): TagProblem => ({
    problem: `tag ${keys[name]} is ${JSON.stringify(tags.get(keys[name]) ?? '')}`,
    fix,
  });
  const domain = read('domain');
  if (!domain || !isDomain(domain)) return problemOf('domain', 'use lowercase letters, digits and dashes, at most 63');
  const protocol = read('protocol') ?? 'http';
  if (!isProtocol(protocol)) return problemOf('protocol', 'use http, https, grpc or grpcs');
  const port = parseNumber(read('port'), protocols[protocol].port);
  if (port === undefined || port < 1 || port > 65_535) return problemOf('port', 'use a port from 1 to 65535');
  const weight = parseNumber(read('weight'), 100);
  if (weight === undefined || weight > 65_535) return problemOf('weight', 'use a weight from 0 to 65535');
  const host = read('host');
  if (host && !isHost(host)) return problemOf('host', 'use a host name without scheme, port or path');
  if (!host && protocols[protocol].isTls) {
    return {
      problem: `tag ${keys.host} is absent`,
      fix: `${protocol} needs the host name of the provider's certificate in ${keys.host}`,
    };
  }
  const paths = (read('path') ?? '').split(/\s+/).filter(Boolean);
  if (paths.length > maxPaths || !paths.every(isPath)) {
    return problemOf('path', `use at most ${maxPaths} plain paths such as /todo, separated by spaces`);
  }
  return {
    claim: {
      domain,
      protocol,
      port,
      weight,
      host: host?.toLowerCase(),
      paths: [...new Set(paths.map(withoutTrailingSlash))],
    },
  };
}

function isDomain(text: string): boolean {
  return /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(text);
}

function isProtocol(text: string): text is Protocol {
  return Object.hasOwn(protocols, text);
}

function isHost(text: string): boolean {
  return text.length <= 253 && /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/i.test(text);
}

/** Characters that RFC 3986 allows in a path but `,` and `%`; no segment that reads as another path: claims are compared as text. */
function isPath(text: string): boolean {
  return /^\/[A-Za-z0-9._~!$&'()*+;=:@/-]*$/.test(text) && !/\/\/|\/\.{1,2}(\/|$)/.test(text);
}

function withoutTrailingSlash(path: string): string {
  return path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path;
}

/** A whole number of digits only; undefined when the text is anything else. */
function parseNumber(text: string | undefined, otherwise: number): number | undefined {
  if (text === undefined) return otherwise;
  return /^\d{1,6}$/.test(text) ? Number(text) : undefined;
}
