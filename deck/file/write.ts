import { compareText } from '#core/addresses/targets';
import { PrivatelinkError } from '#core/errors';
import { groupBy } from '#core/group-by';
import { isJsonObject } from '#core/json';
import type { Json, JsonObject } from '#core/model';
import { sortDocument } from '../desired';
import type { Document, Entity, Kind } from '../document';
import { selectTags } from '../tags';
import { writeYaml } from '../yaml/write';
import { type Base, checkBase, emptyBase, mergeBase } from './base';

/** Version of decK's file format for Kong Gateway 3.x. */
const formatVersion = '3.0';

export type TextOptions = {
  readonly owner: string;
  /** Name of the file's Konnect control plane. */
  readonly controlPlaneName?: string;
  /** Workspace of the file's Kong with a database. */
  readonly workspace?: string;
  /** The base files to merge in. */
  readonly base?: Base;
};

/**
 * Returns the document as a decK file: no ids, keys in a fixed order, and the same bytes for the
 * same document. Throws PrivatelinkError (CONFIG_INVALID) when the base contradicts the document.
 */
export function renderText(document: Document, options: TextOptions): string {
  const { owner, controlPlaneName, workspace, base = emptyBase } = options;
  const file = {
    _format_version: formatVersion,
    _info: { select_tags: selectTags(owner) },
    ...(controlPlaneName ? { _konnect: { control_plane_name: controlPlaneName } } : {}),
    // Only Kong's Enterprise edition has workspaces. decK must not ask another edition for one.
    ...(workspace && workspace !== 'default' ? { _workspace: workspace } : {}),
    ...toLists(document),
  };
  refuseTemplates(document);
  checkBase(base, document);
  return writeYaml(mergeBase(file, base));
}

/**
 * decK fills in each template (`${{ env "DECK_…" }}`), also with secrets from its environment. Base
 * files and configurations of plugins may hold templates, because people write them. No other
 * generated text may (fm-50).
 */
function refuseTemplates(document: Document): void {
  const found = document.find(({ key, tags, fields: { config: _, ...fields } }) =>
    JSON.stringify([key, tags, fields]).includes('${{'),
  );
  if (!found) return;
  throw new PrivatelinkError(`${found.kind} ${found.key} holds \${{; decK would read it as a template`, {
    code: 'CONFIG_INVALID',
    fix: `correct the text: it is in a tag or a field in the control plane, or domains.${found.domain} of the configuration`,
  });
}

/** The document, nested as decK and Kong nest it. */
function toLists(document: Document): JsonObject {
  const sorted = sortDocument(document);
  return {
    services: nest(sorted, 'service', { routes: 'route', plugins: 'plugin' }),
    upstreams: nest(sorted, 'upstream', { targets: 'target' }),
  };
}

/** Entities of `kind`, each with its children under decK's name for the list. */
function nest(document: Document, kind: Kind, children: Readonly<Record<string, Kind>>): readonly JsonObject[] {
  const lists = Object.entries(children).map(([name, childKind]) => ({
    name,
    byParent: groupBy(
      document.filter((one) => one.kind === childKind),
      (one) => one.parent,
    ),
  }));
  return document
    .filter((entity) => entity.kind === kind)
    .map((entity) => {
      const nested = lists.map(({ name, byParent }) => [name, (byParent.get(entity.key) ?? []).map(toObject)] as const);
      return { ...toObject(entity), ...Object.fromEntries(nested.filter(([, list]) => list.length > 0)) };
    });
}

/**
 * Fields by name, with the entity's own name first. An absent value is left out: decK reads null as
 * a value.
 */
function toObject({ fields, tags }: Entity): JsonObject {
  const { name, ...rest } = fields;
  return { ...(name === undefined ? {} : { name }), ...sortKeys(rest), tags: [...tags].sort(compareText) };
}

function sortKeys(object: JsonObject): JsonObject {
  const entries = Object.entries(object).filter(([, value]) => value !== null);
  return Object.fromEntries(
    entries.sort(([a], [b]) => compareText(a, b)).map(([key, value]) => [key, sortValue(value)]),
  );
}

function sortValue(value: Json): Json {
  return isJsonObject(value) ? sortKeys(value) : value;
}
