import type { Protocol } from '#core/model';
import { claimedPaths } from '#core/paths';
import { factsOf } from '#core/protocols';
import { textsOf } from '#deck/route-paths';
import type { SeenEndpoint } from '#discovery/seen/model';
import type { ServiceParts } from '../parts';

/** The wanted content of an endpoint's tags. */
export type Wanted = {
  readonly domain: string;
  readonly protocol: Protocol;
  readonly port: number;
  readonly host?: string;
  readonly path?: string;
  readonly weight: number;
};

/** Returns the tags that the endpoint lacks. A default or an existing value needs no tag. */
export function missingTags(endpoint: SeenEndpoint, wanted: Wanted): Readonly<Record<string, string>> {
  const { tags, tagKeys } = endpoint;
  const usual: Readonly<Record<keyof Wanted, string>> = {
    domain: '',
    protocol: 'http',
    port: String(factsOf(wanted.protocol).port),
    host: '',
    path: '',
    weight: '100',
  };
  const names = Object.keys(usual) as readonly (keyof Wanted)[];
  const missing = names.flatMap((name) => {
    // An empty tag is treated as absent.
    const said = tags[tagKeys[name]]?.trim() || usual[name];
    const value = String(wanted[name] ?? '');
    return said === value ? [] : [[tagKeys[name], value]];
  });
  return Object.fromEntries(missing);
}

/** Returns the tag for paths. Only gRPC needs it; other protocols keep their routes. */
export function pathTagOf({ routes }: Pick<ServiceParts, 'routes'>, protocol: Protocol): string | undefined {
  if (!factsOf(protocol).isGrpc) return undefined;
  const held = routes.flatMap(({ fields: { paths } }) => (Array.isArray(paths) ? textsOf(paths) : []));
  const plain = claimedPaths(held).filter((path) => path.startsWith('/'));
  return plain.length > 0 ? plain.join(' ') : undefined;
}
