import { z } from 'zod';
import { messageOf, misfitOf, PrivatelinkError } from '#core/errors';
import type { JsonObject } from '#core/model';
import { uuidOf } from '#core/uuid';
import type { HeldEntity } from '../document';
import { heldEntities } from '../held';
import { uuidName } from '../keys';
import { readYaml } from '../yaml/read';
import { plainly } from '../yaml/values';
import { type DeckLists, deckLists, itemsOf } from './items';

/** The content of a decK file, whoever wrote it. */
export type AnyDeckFile = {
  readonly held: readonly HeldEntity[];
  /** The tags by which decK selects its entities; empty when the file names none. */
  readonly selectTags: readonly string[];
};

const fields = z.record(z.string(), z.json()).default({});
const defaults = z.object({ service: fields, route: fields, upstream: fields, target: fields }).prefault({});

const anyFile = z.looseObject({
  ...deckLists,
  _info: z.looseObject({ select_tags: z.array(z.string()).default([]), defaults }).prefault({}),
});

/**
 * Reads a decK file of any author, with defaults and addresses (`url`) spelled out as decK does.
 * Ids are made from names. Throws PrivatelinkError (CONFIG_INVALID) with the file and the field.
 */
export function parseAnyDeckFile(text: string, path: string): AnyDeckFile {
  const { _info: info, ...lists } = parse(text, path);
  const items = itemsOf(spelledOut(lists, info.defaults));
  const held = heldEntities(items).map((one) => ({ ...one, id: uuidOf(uuidName(one)) }));
  return { held, selectTags: info.select_tags };
}

function parse(text: string, path: string): z.infer<typeof anyFile> {
  try {
    return anyFile.parse(plainly(readYaml(text)) ?? {});
  } catch (thrown) {
    const said = thrown instanceof z.ZodError ? misfitOf(thrown, 'the file') : messageOf(thrown).split('\n')[0];
    throw new PrivatelinkError(`${path} is not a decK file (${said})`, {
      code: 'CONFIG_INVALID',
      fix: 'name a file that `deck gateway dump` writes, or that `deck gateway sync` takes',
      cause: thrown,
    });
  }
}

/** Adds the file's defaults below each entity's own fields. */
function spelledOut(
  { services, upstreams, routes, plugins }: DeckLists,
  { service, route, upstream, target }: z.infer<typeof defaults>,
): DeckLists {
  const routesOf = (list: DeckLists['routes']) => list.map((one) => ({ ...route, ...one }));
  return {
    plugins,
    routes: routesOf(routes),
    services: services.map((one) => ({ ...service, ...withUrl(one), routes: routesOf(one.routes) })),
    upstreams: upstreams.map((one) => ({
      ...upstream,
      ...one,
      targets: one.targets.map((below) => ({ ...target, ...below })),
    })),
  };
}

type Service = DeckLists['services'][number];

/** decK replaces `url` by the four fields that it stands for. */
function withUrl({ url, ...service }: Service): Service {
  if (typeof url !== 'string' || !URL.canParse(url)) return service;
  const { protocol, hostname, port, pathname } = new URL(url);
  const name = protocol.slice(0, -1);
  const own: JsonObject = {
    protocol: name,
    host: hostname.replace(/^\[|\]$/g, ''),
    port: Number(port) || (name === 'https' || name === 'grpcs' ? 443 : 80),
    ...(pathname.length > 1 ? { path: pathname } : {}),
  };
  return { ...own, ...service };
}
