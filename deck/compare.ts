import { compareText } from '#core/addresses/targets';
import { parseTable, type TableEntry } from '#core/contracts/table';
import { isEmpty, isJsonObject } from '#core/json';
import type { Json, JsonObject } from '#core/model';
import { isOwnPlugin } from '#core/names';
import { isCallers } from './callers/entity';
import type { Entity, Kind } from './document';
import { writtenFields } from './fields';
import { claimedPathsOf } from './route-paths';
import { isConfigTag } from './tags';
import { takenOutOf } from './taken-out';

/**
 * Fields that the product does not write, with the default of a control plane (Kong's Admin API
 * schema, Konnect's OpenAPI 3.15). A changed value is a difference, the default is not.
 */
const unwritten: Readonly<Record<Kind, JsonObject>> = {
  upstream: {
    hash_on: 'none',
    hash_fallback: 'none',
    hash_on_cookie_path: '/',
    use_srv_name: false,
    hash_on_header: null,
    hash_fallback_header: null,
    hash_on_cookie: null,
    hash_on_query_arg: null,
    hash_fallback_query_arg: null,
    hash_on_uri_capture: null,
    hash_fallback_uri_capture: null,
    sticky_sessions_cookie: null,
    sticky_sessions_cookie_path: '/',
    client_certificate: null,
  },
  target: { failover: false },
  service: { client_certificate: null, ca_certificates: null, tls_verify_depth: null, tls_sans: null },
  route: { hosts: null, methods: null, headers: null, snis: null, sources: null, destinations: null, expression: null },
  plugin: { consumer: null, consumer_group: null, instance_name: null, ordering: null, condition: null },
};

/** Requests that our plugins run for by Kong's default. A control plane may widen the list. */
const servedProtocols: readonly string[] = ['grpc', 'grpcs', 'http', 'https'];

/**
 * Whether somebody switched our plugin off for some requests. The contract is then checked only for
 * the others.
 */
function isNarrowed({ kind, fields: { name, protocols } }: Pick<Entity, 'kind' | 'fields'>): boolean {
  if (kind !== 'plugin' || typeof name !== 'string' || !isOwnPlugin(name) || !Array.isArray(protocols)) return false;
  return !servedProtocols.every((one) => protocols.includes(one));
}

/**
 * The entity as a control plane returns it, reduced to the fields that the product writes and to
 * the changes of other people.
 */
export function withoutDefaults(entity: Entity): Entity {
  const defaults = unwritten[entity.kind];
  const written = new Set(writtenFields[entity.kind]);
  const isChanged = (field: string, value: Json) => field in defaults && value !== defaults[field];
  const kept = Object.entries(entity.fields).filter(([field, value]) => written.has(field) || isChanged(field, value));
  return { ...entity, fields: Object.fromEntries(kept) };
}

/**
 * The differences between the desired and the held entity, each as `field before -> after`; empty
 * when there is none.
 */
export function differencesOf(desired: Entity, held: Entity): readonly string[] {
  return isSame(desired, held) ? [] : differenceTexts(desired, held);
}

/** A fast check for the usual case; it creates no objects. */
function isSame({ fields, kind, tags }: Entity, held: Entity): boolean {
  if (isNarrowed(held)) return false;
  const defaults = unwritten[kind];
  for (const field in defaults)
    if (!(field in fields) && !covers(held.fields[field], defaults[field], false)) return false;
  for (const field in fields) if (!covers(held.fields[field], fields[field], true)) return false;
  return tags.length === held.tags.length && tags.every((tag) => held.tags.includes(tag));
}

function differenceTexts(desired: Entity, held: Entity): readonly string[] {
  const { fields, kind } = desired;
  const defaults = Object.entries(unwritten[kind]).filter(([field]) => !(field in fields));
  const narrowed = isNarrowed(held)
    ? [{ path: 'protocols', held: held.fields.protocols, wanted: servedProtocols }]
    : [];
  const differing = [
    ...narrowed,
    ...defaults.flatMap(([field, value]) => differencesIn({ path: field, held: held.fields[field], wanted: value })),
    ...Object.entries(fields).flatMap(([field, value]) =>
      differencesIn({ path: field, held: held.fields[field], wanted: value, isWritten: true }),
    ),
  ].map((one) => differenceText(one, desired));
  const gone = tagsBeside(desired.tags, held.tags);
  const added = tagsBeside(held.tags, desired.tags);
  if (![...gone, ...added].some(isConfigTag)) return [...differing, ...tagTexts(gone, added)];
  const texts = [...differing, ...takenOutTexts(desired, held), ...tagTexts(gone, added)];
  return texts.length > 0 ? texts : ['config changed'];
}

function differenceText({ path, held, wanted }: Compared, desired: Entity): string {
  const { kind } = desired;
  if (isCallers(desired) && (path === 'config.callers' || path === 'config.others'))
    return tableText(path.slice('config.'.length), held, wanted);
  if (kind === 'route' && path === 'paths') return pathsText(held, wanted);
  const show = hasSecrets(desired) && path.startsWith('config') ? textWithoutWords : textOf;
  return `${path} ${show(held)} -> ${show(wanted)}`;
}

/**
 * Whether its settings may hold passwords. The settings of the callers plugin are the contract,
 * which everybody may read.
 */
function hasSecrets(entity: Entity): boolean {
  return entity.kind === 'plugin' && !isCallers(entity);
}

/** A longer list is shown as a count. */
const listedEndpoints = 8;

/** The endpoints that a table gains and loses, each with its consumer. */
function tableText(name: string, held: Json | undefined, wanted: Json): string {
  const [before, after] = [held, wanted].map(
    (text) => new Set((parseTable(typeof text === 'string' ? text : '') ?? []).map(callerText)),
  );
  const came = [...(after ?? [])].filter((one) => !before?.has(one)).map((one) => `+${one}`);
  const went = [...(before ?? [])].filter((one) => !after?.has(one)).map((one) => `-${one}`);
  const all = [...came, ...went];
  const more = all.length > listedEndpoints ? ` and ${all.length - listedEndpoints} more` : '';
  return `${name} ${all.slice(0, listedEndpoints).join(' ') || 'written anew'}${more}`;
}

function callerText({ consumer, endpointId }: TableEntry): string {
  return `${endpointId}(${consumer})`;
}

/** The paths as tags claim them. A difference in form alone is named. */
function pathsText(held: Json = null, wanted: Json): string {
  const claimed = [held, wanted].map((paths) => [...(claimedPathsOf({ fields: { paths } }) ?? [])].sort());
  const [before, after] = claimed.map(textOf);
  return covers(claimed[0], claimed[1], true) ? `paths ${after} bounded by segments` : `paths ${before} -> ${after}`;
}

/** The entries of sorted `tags` that `others` does not have. */
function tagsBeside(others: readonly string[], tags: readonly string[]): readonly string[] {
  return tags.filter((tag) => !others.includes(tag)).sort(compareText);
}

/**
 * The keys that the write removes, when the written configuration has changed. Otherwise additional
 * keys are defaults.
 */
function takenOutTexts({ fields: { config: wanted } }: Entity, { fields, tags }: Entity): readonly string[] {
  const { config: held } = fields;
  if (!isJsonObject(wanted) || !isJsonObject(held)) return [];
  return takenOutOf({ wanted, held }, tags).map(
    ({ path, held: value, isCertain }) =>
      `${path} ${textWithoutWords(value)} -> ${isCertain ? '(removed)' : '(removed, or a default)'}`,
  );
}

/** The changed tags, without the tag of a plugin's configuration, which tells people nothing. */
function tagTexts(gone: readonly string[], added: readonly string[]): readonly string[] {
  const [before, after] = [gone, added].map((tags) => tags.filter((tag) => !isConfigTag(tag)).join(' ') || '(none)');
  return before === after ? [] : [`tags ${before} -> ${after}`];
}

type Compared = {
  /** `healthchecks.active.http_path`. */
  readonly path: string;
  readonly held: Json | undefined;
  readonly wanted: Json;
  readonly isWritten?: boolean;
};

/** The innermost fields that differ. */
function differencesIn({ path, held, wanted, isWritten = false }: Compared): readonly Compared[] {
  if (!isJsonObject(wanted) || !isJsonObject(held))
    return covers(held, wanted, isWritten) ? [] : [{ path, held, wanted }];
  return Object.entries(wanted).flatMap(([key, value]) =>
    differencesIn({ path: `${path}.${key}`, held: held[key], wanted: value, isWritten: true }),
  );
}

/** A held value matches when it holds everything wanted. Objects may hold more: defaults. */
function covers(held: Json | undefined, wanted: Json | undefined, written: boolean): boolean {
  if (held === undefined || held === null)
    return wanted === undefined || wanted === null || !written || isEmpty(wanted);
  if (Array.isArray(wanted)) return Array.isArray(held) && (isSameSet(held, wanted) || coversEach(held, wanted));
  if (isJsonObject(wanted)) {
    return isJsonObject(held) && Object.entries(wanted).every(([key, value]) => covers(held[key], value, true));
  }
  return held === wanted || ((wanted === undefined || wanted === null) && isEmpty(held));
}

/** Objects in a list get defaults too. */
function coversEach(held: readonly Json[], wanted: readonly Json[]): boolean {
  return held.length === wanted.length && wanted.every((value, index) => covers(held[index], value, true));
}

/**
 * Kong's lists of protocols, paths and statuses are sets. Control planes return them in their own
 * order.
 */
function isSameSet(held: readonly Json[], wanted: readonly Json[]): boolean {
  // Lists of statuses are long and nearly always in order.
  if (held.length === wanted.length && wanted.every((item, index) => item === held[index])) return true;
  const sorted = (list: readonly Json[]) =>
    list
      .map((item) => JSON.stringify(item))
      .sort()
      .join();
  return JSON.stringify(held) === JSON.stringify(wanted) || sorted(held) === sorted(wanted);
}

function textOf(value: Json | undefined): string {
  const text = isNumbers(value) ? `[${rangesOf(value).join(',')}]` : JSON.stringify(value ?? null);
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}

function isNumbers(value: Json | undefined): value is readonly number[] {
  return Array.isArray(value) && value.every((item) => Number.isInteger(item));
}

/** Joins consecutive statuses into ranges: an upstream has hundreds of alive statuses. */
function rangesOf(numbers: readonly number[]): readonly string[] {
  const ranges: { from: number; to: number }[] = [];
  for (const one of numbers) {
    const last = ranges.at(-1);
    if (last && one === last.to + 1) last.to = one;
    else ranges.push({ from: one, to: one });
  }
  return ranges.map(({ from, to }) => (from === to ? `${from}` : `${from}${to > from + 1 ? '..' : ','}${to}`));
}

function textWithoutWords(value: Json | undefined): string {
  return textOf(withoutWords(value ?? null));
}

/**
 * The value with each text masked. A plugin's settings may be passwords, and everybody may read
 * reports.
 */
export function withoutWords(value: Json): Json {
  if (typeof value === 'string') return '***';
  if (Array.isArray(value)) return value.map(withoutWords);
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, withoutWords(one)]));
}

/**
 * A plugin in the form of reports: numbers, and the names of its settings. The callers plugin is
 * shown completely.
 */
export function maskedPlugin(plugin: Entity): Entity {
  if (!hasSecrets(plugin)) return plugin;
  const { config = null, ...fields } = plugin.fields;
  return { ...plugin, fields: { ...fields, config: withoutWords(config) } };
}
