import type { Contested } from '#core/claims/settle';
import { formatProblem, type Problem } from '#core/errors';
import { groupBy } from '#core/group-by';
import { isJsonObject } from '#core/json';
import type { Json, JsonObject } from '#core/model';
import { type Document, nameOf } from '../document';
import { pluginKey, targetKey } from '../keys';
import { baseTag } from '../tags';
import { isMapping, type Yaml, type YamlMapping } from '../yaml/values';
import { type BaseFile, invalidBase, listNames, parseBaseFile } from './base-file';

/**
 * An entity that people wrote, with the name `kind:key` of the document's entities. An entity with
 * only an id, or without one, has no name.
 */
export type BaseEntity = {
  readonly path: string;
  /** Its place in the file: `services.0.routes.1`. */
  readonly at: string;
  readonly kind: string;
  readonly name?: string;
  /** With the reference to its enclosing entity. */
  readonly fields: JsonObject;
};

export type BaseText = { readonly path: string; readonly text: string };

/** All base files of a configuration, without contradictions. */
export type Base = {
  /** The texts as they were read. */
  readonly texts: readonly BaseText[];
  readonly files: readonly BaseFile[];
  readonly entities: readonly BaseEntity[];
  /** Environment variables that decK fills in (`env "DECK_…"`). */
  readonly variables: readonly string[];
};

export const emptyBase: Base = { texts: [], files: [], entities: [], variables: [] };

type Listed = {
  readonly kind: string;
  /** The names of which decK requires one. */
  readonly names: readonly string[];
  /** Lists that may stand inside. */
  readonly children?: readonly string[];
};

const listed: Readonly<Record<string, Listed>> = {
  services: { kind: 'service', names: ['name', 'id'], children: ['routes', 'plugins'] },
  routes: { kind: 'route', names: ['name', 'id'], children: ['plugins'] },
  upstreams: { kind: 'upstream', names: ['name'], children: ['targets'] },
  targets: { kind: 'target', names: ['target'] },
  plugins: { kind: 'plugin', names: ['name'] },
  consumers: { kind: 'consumer', names: ['username', 'custom_id'], children: ['plugins'] },
  consumer_groups: { kind: 'consumer_group', names: ['name'], children: ['plugins'] },
  vaults: { kind: 'vault', names: ['prefix'] },
};

const nesting = ['routes', 'plugins', 'targets'] as const;
const scopes = ['service', 'route', 'consumer', 'consumer_group'] as const;

/**
 * Parses the files and checks them against each other. Throws PrivatelinkError (CONFIG_INVALID)
 * with file, entity and fix.
 */
export function parseBase(texts: readonly BaseText[]): Base {
  const files = texts.map(({ path, text }) => parseBaseFile(text, path));
  const entities = files.flatMap((file) =>
    listNames.flatMap((list) => entitiesOf(file[list] ?? [], { path: file.path, list, at: list })),
  );
  refuse(entities, whyMalformed);
  const first = new Map([...entities].reverse().map((one) => [one.name, one]));
  refuse(entities, (one) => {
    const other = one.name === undefined ? one : first.get(one.name);
    if (!other || other === one) return undefined;
    return { reason: `is in ${other.path} already (${other.at})`, fix: 'keep one of the two' };
  });
  files.forEach(refuseConfigTwice);
  const variables = texts.flatMap(({ text }) =>
    [...text.matchAll(/\benv\W+(DECK_\w+)/g)].flatMap(([, name]) => name ?? []),
  );
  return { texts, files, entities, variables };
}

function refuseConfigTwice({ path, _plugin_configs = {} }: BaseFile, index: number, files: readonly BaseFile[]): void {
  for (const name of Object.keys(_plugin_configs)) {
    const other = files.slice(0, index).find((one) => Object.hasOwn(one._plugin_configs ?? {}, name));
    if (!other) continue;
    const reason = `_plugin_configs.${name} is in ${other.path} already`;
    const fix = 'keep one of the two';
    throw invalidBase(path, [{ message: formatProblem({ reason, fix }), fix }]);
  }
}

type Place = { readonly path: string; readonly list: string; readonly at: string; readonly parent?: JsonObject };

function entitiesOf(list: readonly JsonObject[], { path, list: name, at, parent }: Place): readonly BaseEntity[] {
  const { kind, names, children = [] } = listed[name] ?? { kind: name, names: ['name', 'id'] };
  return list.flatMap((written, index) => {
    const fields = { ...written, ...parent };
    const own = ownName(fields, names);
    const entity = { path, at: `${at}.${index}`, kind, name: uniqueName(kind, own, fields), fields };
    const inside = children.flatMap((child) =>
      entitiesOf(objectsOf(written[child]), {
        path,
        list: child,
        at: `${entity.at}.${child}`,
        parent: { [kind]: own ?? '' },
      }),
    );
    return [entity, ...inside];
  });
}

/**
 * decK identifies a consumer by either name and refers to it by the first one. The username of one
 * may equal the custom_id of another (fm-59).
 */
function ownName(fields: JsonObject, names: readonly string[]): string | undefined {
  const field = names.find((name) => typeof fields[name] === 'string') ?? '';
  const value = fields[field];
  if (typeof value !== 'string') return undefined;
  return field === 'custom_id' ? `custom_id ${value}` : value;
}

function uniqueName(kind: string, own: Json | undefined, fields: JsonObject): string | undefined {
  if (typeof own !== 'string') return undefined;
  if (kind === 'target') return `target:${targetKey(nameOfReference(fields.upstream), own)}`;
  if (kind !== 'plugin') return `${kind}:${own}`;
  const { service, ...others } = Object.fromEntries(scopes.map((scope) => [scope, nameOfReference(fields[scope])]));
  const narrow = [...Object.values(others), nameOfReference(fields.instance_name)];
  return `plugin:${pluginKey([service, ...narrow].join(' ').trimEnd(), own)}`;
}

/**
 * The name in a reference. decK accepts the name itself, or an object with it. Empty: no reference.
 */
export function nameOfReference(value: Json | undefined): string {
  if (typeof value === 'string') return value;
  return isJsonObject(value) ? nameOfReference(value.name ?? value.id) : '';
}

function objectsOf(value: Json | undefined): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter(isJsonObject) : [];
}

/** Why decK refuses one entity on its own. */
function whyMalformed({ at, name, fields }: BaseEntity): Problem | undefined {
  const list = at.split('.').at(-2) ?? '';
  const { names = [], children = [] } = listed[list] ?? {};
  const stray = nesting.find((child) => child in fields && !children.includes(child));
  if (stray) return { reason: `decK takes no ${stray} in here`, fix: 'move them to a list of their own' };
  return names.length > 0 && name === undefined ? { reason: `has no ${names[0]}`, fix: 'give it one' } : undefined;
}

/** Throws when an entity has a problem, with all problems of the first such file. */
function refuse(entities: readonly BaseEntity[], whyNot: (entity: BaseEntity) => Problem | undefined): void {
  const problems = entities.flatMap((entity) => {
    const why = whyNot(entity);
    const label = entity.name ? ` (${entity.name.replace(':', ' ')})` : '';
    const { path, at } = entity;
    return why ? [{ path, at, message: `${at}${label} ${formatProblem(why)}`, fix: why.fix }] : [];
  });
  const [first] = groupBy(problems, (problem) => problem.path);
  if (first) throw invalidBase(...first);
}

/**
 * Domains with a generated name that people already use. The tag of an endpoint neither takes that
 * entity over nor stops the other domains (fm-48). A domain that a base file extends is not
 * contested: without it the file would refer to nothing, and `checkBase` reports the error.
 */
export function contestedDomains({ entities }: Base, document: Document): Contested {
  const written = new Map(entities.map((one) => [one.name, one]));
  const missing = new Set(entities.flatMap(referencesOf).filter((name) => !written.has(name)));
  const needed = new Set(document.filter((one) => missing.has(nameOf(one))).map((one) => one.domain));
  const contests = document.flatMap(({ domain, ...entity }) => {
    const other = needed.has(domain) ? undefined : written.get(nameOf(entity));
    return other ? [[domain, whyContested(domain, other)] as const] : [];
  });
  return new Map(contests);
}

function whyContested(domain: string, { path, at, kind, name = '' }: BaseEntity): Problem {
  const own = kind === 'route' ? `set domains.${domain}.route to false` : 'give it another name there';
  return {
    reason: `claims domain ${domain}, but ${name.replace(':', ' ')} is written in base file ${path} (${at})`,
    fix: `choose another domain, or ${own}`,
  };
}

function referencesOf({ fields }: BaseEntity): readonly string[] {
  return scopes.filter((scope) => scope in fields).map((scope) => `${scope}:${nameOfReference(fields[scope])}`);
}

/**
 * Throws PrivatelinkError (CONFIG_INVALID) for a name that is generated too, and for a reference
 * without an entity on either side.
 */
export function checkBase({ entities }: Base, document: Document): void {
  const generated = new Set(document.map(nameOf));
  const known = new Set([
    ...generated,
    ...entities.flatMap(({ kind, name, fields }) => [name, `${kind}:${fields.id}`]),
  ]);
  refuse(entities, ({ name, fields }) => {
    if (name !== undefined && generated.has(name)) return whyGenerated(name);
    const missing = scopes.find((scope) => {
      const named = nameOfReference(fields[scope]);
      // decK alone knows the result of a template.
      return scope in fields && !named.includes('${{') && !known.has(`${scope}:${named}`);
    });
    return missing && whyDangling(`${missing} ${nameOfReference(fields[missing])}`);
  });
}

/** Adds people's entities to a decK file, marked as theirs. */
export function mergeBase(file: JsonObject, { files }: Base): YamlMapping {
  const lists = listNames.map((list) => {
    const base = files.flatMap(({ written }) => mappingsOf(written[list]).map((entity) => marked(entity, list)));
    return [list, [...mappingsOf(file[list]), ...base]] as const;
  });
  const configs = Object.assign({}, ...files.map(({ written }) => written._plugin_configs));
  return {
    ...file,
    ...(Object.keys(configs).length > 0 ? { _plugin_configs: configs } : {}),
    ...Object.fromEntries(lists.filter(([list, all]) => all.length > 0 || list in file)),
  };
}

function whyDangling(named: string): Problem {
  const reason = `refers to ${named}, but neither a base file nor discovery has it`;
  return { reason, fix: 'correct the name, or write it in a base file' };
}

function whyGenerated(name: string): Problem {
  const isRoute = name.startsWith('route:');
  const fix = isRoute ? `set domains.${name.slice(6)}.route to false, or give it another name` : 'give it another name';
  return { reason: 'is generated from discovered endpoints', fix };
}

/** Adds the tag of base files to each entity of a generated kind, at any depth. */
function marked(entity: YamlMapping, list: string): YamlMapping {
  const { children = [] } = listed[list] ?? {};
  const below = children.filter((child) => child in entity);
  const inside = below.map((child) => [child, mappingsOf(entity[child]).map((one) => marked(one, child))] as const);
  const tags: readonly Yaml[] = Array.isArray(entity.tags) ? entity.tags : [];
  return { ...entity, ...Object.fromEntries(inside), tags: [...new Set([...tags, baseTag])] };
}

function mappingsOf(list: Yaml | undefined): readonly YamlMapping[] {
  return Array.isArray(list) ? list.filter(isMapping) : [];
}
