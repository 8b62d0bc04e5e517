import { z } from 'zod';
import { messageOf, misfitOf, PrivatelinkError } from '#core/errors';
import { uuidOf } from '#core/uuid';
import { readYamlValue } from '#core/yaml/parse';
import type { HeldEntity } from '../document';
import { heldEntities } from '../held';
import { uuidName } from '../keys';
import { baseTag, isGenerated, selectTags } from '../tags';
import { hideTemplates } from '../yaml/templates';
import { listNames } from './base-file';
import { deckLists, itemsOf } from './items';

/** Lists without generated entities. */
const fromBase = z.array(
  z.looseObject({
    tags: z.array(z.string()).refine((tags) => tags.includes(baseTag), { error: `lack ${baseTag}: from no base file` }),
  }),
);
const otherLists = Object.fromEntries(
  listNames.filter((name) => !(name in deckLists)).map((name) => [name, fromBase.optional()]),
);

/** The form that `renderText` writes. A file with more content belongs to somebody else. */
const deckFile = z.strictObject({
  ...otherLists,
  ...deckLists,
  _format_version: z.string(),
  _info: z.strictObject({ select_tags: z.array(z.string()) }),
  _plugin_configs: z.unknown().optional(),
});

type ParseOptions = { readonly path: string; readonly owner: string };

/**
 * The entities that were generated for `owner`. Throws PrivatelinkError when `renderText` did not
 * write the file for this owner.
 */
export function parseDeckFile(text: string, { path, owner }: ParseOptions): readonly HeldEntity[] {
  const file = parseFile(text, path);
  const ownTags = selectTags(owner);
  const held = heldEntities(itemsOf(file)).map((one) => ({ ...one, id: uuidOf(uuidName(one)) }));
  const generated = held.filter((one) => isGenerated(one.tags, ownTags));
  const foreign = held.find((one) => !generated.includes(one) && !one.tags.includes(baseTag));
  if (foreign) throw foreignFile(path, `${foreign.kind} ${foreign.key} lacks the tags ${ownTags.join(', ')}`);
  return generated;
}

function parseFile(text: string, path: string): z.infer<typeof deckFile> {
  try {
    return deckFile.parse(parseOwn(text));
  } catch (thrown) {
    throw foreignFile(path, thrown instanceof z.ZodError ? misfitOf(thrown, 'the file') : messageOf(thrown), thrown);
  }
}

/**
 * Reads YAML 1.2, which earlier versions wrote. Files of this version mean the same in any YAML.
 */
function parseOwn(text: string): unknown {
  const { text: hidden, restoreInJson } = hideTemplates(text);
  return JSON.parse(restoreInJson(JSON.stringify(readYamlValue(hidden)) ?? 'null'));
}

function foreignFile(path: string, said: string, cause?: unknown): PrivatelinkError {
  const fix = 'name a file of its own in controlPlane.path, or delete this one: the product then writes it again';
  const reason = `${path} is not a file that this owner wrote (${said})`;
  return new PrivatelinkError(reason, { code: 'CONTROL_PLANE', fix, cause });
}
