import { parse } from 'yaml';
import { z } from 'zod';
import { messageOf, PrivatelinkError } from '../../core/errors';
import { uuidOf } from '../../core/uuid';
import type { Kind } from '../../deck/document';
import { selectTags } from '../../deck/tags';
import type { HeldEntity } from '../control-plane';
import { heldEntities, type Item } from '../konnect/entities';
import { uuidName } from '../plan';

const tags = z.array(z.string());
const plugin = z.looseObject({ name: z.string().min(1), tags });
const target = z.looseObject({ target: z.string().min(1), tags });
const route = plugin;
const service = plugin.extend({ routes: z.array(route).default([]), plugins: z.array(plugin).default([]) });
const upstream = plugin.extend({ targets: z.array(target).default([]) });

/** What `renderText` writes, and nothing else: a file with more in it is somebody else's. */
const deckFile = z.strictObject({
  _format_version: z.string(),
  _info: z.strictObject({ select_tags: tags }),
  services: z.array(service).default([]),
  upstreams: z.array(upstream).default([]),
});

type ParseOptions = { readonly path: string; readonly owner: string };

/** The entities of a decK file that `renderText` wrote for `owner`. Throws PrivatelinkError when anything in it is not. */
export function parseDeckFile(text: string, { path, owner }: ParseOptions): readonly HeldEntity[] {
  const held = heldEntities(itemsOf(parseFile(text, path))).map((one) => ({ ...one, id: uuidOf(uuidName(one)) }));
  const foreign = held.find((one) => !selectTags(owner).every((tag) => one.tags.includes(tag)));
  if (foreign) throw foreignFile(path, `${foreign.kind} ${foreign.key} lacks the tags ${selectTags(owner).join(', ')}`);
  return held;
}

function parseFile(text: string, path: string): z.infer<typeof deckFile> {
  try {
    return deckFile.parse(parse(text));
  } catch (thrown) {
    const issue = thrown instanceof z.ZodError ? thrown.issues[0] : undefined;
    const said = issue ? `${issue.path.join('.') || 'the file'}: ${issue.message}` : messageOf(thrown);
    throw foreignFile(path, said, thrown);
  }
}

function foreignFile(path: string, said: string, cause?: unknown): PrivatelinkError {
  const fix = 'name a file of its own in controlPlane.path, or delete this one so that it is written anew';
  return new PrivatelinkError(`${path} is not a file that this owner wrote (${said}); ${fix}`, {
    code: 'CONTROL_PLANE',
    transient: false,
    cause,
  });
}

/** The lists that a control plane would give: flat, children with a reference to their parent. */
function itemsOf({ services, upstreams }: z.infer<typeof deckFile>): ReadonlyMap<Kind, readonly Item[]> {
  const below = <T extends object>(list: readonly T[], parent: 'service' | 'upstream', name: string) =>
    list.map((one, index) => ({ ...one, id: `${name}/${index}`, [parent]: { id: name } }));
  return new Map<Kind, readonly Item[]>([
    ['upstream', upstreams.map(({ targets: _, ...one }) => ({ ...one, id: one.name }))],
    ['target', upstreams.flatMap(({ name, targets }) => below(targets, 'upstream', name))],
    ['service', services.map(({ routes: _, plugins: __, ...one }) => ({ ...one, id: one.name }))],
    ['route', services.flatMap(({ name, routes }) => below(routes, 'service', name))],
    ['plugin', services.flatMap(({ name, plugins }) => below(plugins, 'service', name))],
  ]);
}
