import type { Endpoint } from '../core/model';
import { domainPattern } from '../core/names';
import { withoutTrailingSlash } from '../core/paths';
import { factsOf, isProtocol } from '../core/protocols';
import type { TagKeys } from './config';

/** What the tags of an endpoint say. */
export type Claim = Pick<Endpoint, 'domain' | 'protocol' | 'port' | 'host' | 'paths' | 'weight'>;

export type Tags = ReadonlyMap<string, string>;

/** A tag that cannot be used: what is wrong with it, and what to write instead. */
export type TagProblem = { readonly problem: string; readonly fix: string };

export type ParsedTags = { readonly claim: Claim } | TagProblem;

/** A tag value holds 256 characters (AWS); more paths than this in one are a mistake. */
const maxPaths = 20;

/** Reads the tags that `keys` names, with the defaults of docs/operations.md; the first problem found is given instead. */
export function parseTags(tags: Tags, keys: TagKeys): ParsedTags {
  const read = (name: keyof TagKeys) => tags.get(keys[name])?.trim() || undefined;
  const problemOf = (name: keyof TagKeys, fix: string): TagProblem => ({
    problem: `tag ${keys[name]} is ${JSON.stringify(tags.get(keys[name]) ?? '')}`,
    fix,
  });
  const domain = read('domain');
  if (!domain || !domainPattern.test(domain))
    return problemOf('domain', 'use lowercase letters, digits and dashes, at most 63');
  const protocol = read('protocol') ?? 'http';
  if (!isProtocol(protocol)) return problemOf('protocol', 'use http, https, grpc or grpcs');
  const port = parseNumber(read('port'), factsOf(protocol).port);
  if (port === undefined || port < 1 || port > 65_535) return problemOf('port', 'use a port from 1 to 65535');
  const weight = parseNumber(read('weight'), 100);
  if (weight === undefined || weight > 65_535) return problemOf('weight', 'use a weight from 0 to 65535');
  const host = read('host');
  if (host && !isHost(host)) return problemOf('host', 'use a host name without scheme, port or path');
  if (!host && factsOf(protocol).isTls) {
    return {
      problem: `tag ${keys.host} is absent`,
      fix: `${protocol} needs the host name of the provider's certificate in ${keys.host}`,
    };
  }
  if (!read('path') && factsOf(protocol).isGrpc) {
    return {
      problem: `tag ${keys.path} is absent`,
      fix: `${protocol} needs the path of its service in ${keys.path}, such as /package.Service: gRPC paths are not stripped`,
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

function isHost(text: string): boolean {
  return text.length <= 253 && /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/i.test(text);
}

/** Characters that RFC 3986 allows in a path but `,` and `%`; no segment that reads as another path: claims are compared as text. */
function isPath(text: string): boolean {
  return /^\/[A-Za-z0-9._~!$&'()*+;=:@/-]*$/.test(text) && !/\/\/|\/\.{1,2}(\/|$)/.test(text);
}

/** A whole number of digits only; undefined when the text is anything else. */
function parseNumber(text: string | undefined, otherwise: number): number | undefined {
  if (text === undefined) return otherwise;
  return /^\d{1,6}$/.test(text) ? Number(text) : undefined;
}
