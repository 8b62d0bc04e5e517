import { isEmpty, isJsonObject } from '#core/json';
import type { JsonObject } from '#core/model';
import { uuidIn } from '#core/uuid';
import type { HeldEntity } from '#deck/document';
import { textsOf } from '#deck/route-paths';

/** Rules that decide between two matching routes, in Kong's order. */
export const rules = ['expression', 'kinds', 'host', 'headers', 'regex', 'regex_priority', 'length', 'id'] as const;
export type Rule = (typeof rules)[number];

/** The order of Kong 3.9 as it runs, or the order of its documentation. */
export type RuleOrder = 'run' | 'documented';

/** A route, or a part of it. Kong's router makes a part from paths of one kind and length. */
export type RoutePart = {
  readonly route: HeldEntity;
  readonly paths: readonly string[];
  readonly rank: Readonly<Record<Exclude<Rule, 'id'>, number>>;
  /** Higher first. */
  readonly priority: bigint;
  /** The id in Kong's router. Of equal priorities the greater id comes first. */
  readonly routerId: string;
};

/** Namespace of Kong's ids for the parts of a route (kong/router/transform.lua, 3.9). */
const partNamespace = '7f145bf9-0dce-4f91-98eb-debbce4b9f6b';

/** Returns a list of texts of a route, empty where absent. */
export function listOf(fields: JsonObject, name: string): readonly string[] {
  const list = fields[name];
  return Array.isArray(list) ? textsOf(list) : [];
}

/** Returns the required headers of a route, with their accepted values. */
export function headersOf({ headers = null }: JsonObject): readonly (readonly [string, readonly string[]])[] {
  return isJsonObject(headers) ? Object.keys(headers).map((name) => [name, listOf(headers, name)] as const) : [];
}

/** Returns the parts of a route in the router of flavour `traditional_compatible`. */
export function routePartsOf(route: HeldEntity, order: RuleOrder = 'run'): readonly RoutePart[] {
  const groups = new Map<number, string[]>();
  for (const path of hasExpression(route.fields) ? [] : listOf(route.fields, 'paths')) {
    const group = isRegex(path) ? 0 : Buffer.byteLength(path);
    groups.set(group, [...(groups.get(group) ?? []), path]);
  }
  const all = [...groups.values()];
  const partOf = (paths: readonly string[], routerId: string): RoutePart => {
    const rank = rankOf(route.fields, paths);
    return { route, paths, rank, priority: priorityIn[order](rank), routerId };
  };
  const [only = []] = all;
  if (all.length < 2) return [partOf(only, route.id)];
  return all.map((paths, index) => partOf(paths, uuidIn(partNamespace, `${route.id}#${index + 1}`)));
}

/** Whether a path of a route is a regular expression. */
export function isRegex(path: string): boolean {
  return path.startsWith('~');
}

/** Whether a route matches by an expression. Its other fields are then ignored. */
export function hasExpression({ expression = null }: JsonObject): boolean {
  return !isEmpty(expression);
}

/** Conditions of a route beside paths and headers. */
const kinds = ['sources', 'destinations', 'methods', 'hosts', 'snis'] as const;

function rankOf(fields: JsonObject, paths: readonly string[]): RoutePart['rank'] {
  const [path] = paths;
  const hosts = listOf(fields, 'hosts');
  const headers = headersOf(fields).length;
  const used = kinds.filter((kind) => !isEmpty(fields[kind] ?? null)).length;
  const isPattern = path !== undefined && isRegex(path);
  return {
    expression: hasExpression(fields) ? 1 : 0,
    kinds: used + (headers > 0 ? 1 : 0) + (path === undefined ? 0 : 1),
    host: Array.isArray(fields.hosts) && hosts.every((host) => !host.includes('*')) ? 1 : 0,
    headers: Math.min(headers, 255),
    regex: isPattern ? 1 : 0,
    regex_priority: isPattern ? Math.trunc(Number(fields.regex_priority ?? 0)) || 0 : 0,
    length: path === undefined || isPattern ? 0 : Buffer.byteLength(path) & 0x7ffff,
  };
}

const hostBit = 60n;
const regexBit = 51n;

/**
 * The number that `get_priority` (kong/router/transform.lua, 3.9) computes for a route. Kong shifts
 * counts as 32-bit numbers, by 61 and 52 modulo 32. So a plain host and a regular expression
 * outrank the number of kinds of conditions. With four kinds and more the sign fills all higher
 * bits. The number of headers mixes with regex_priority (measured;
 * https://github.com/Kong/kong/issues/14457).
 */
const priorityIn: Readonly<Record<RuleOrder, (rank: RoutePart['rank']) => bigint>> = {
  run: ({ expression, kinds: used, host, headers, regex, regex_priority, length }) => {
    if (expression) return 0xffn << 56n;
    const low = (used << 29) | (headers << 20) | (regex_priority << 19) | length;
    return BigInt.asUintN(64, BigInt(low) | (BigInt(host) << hostBit) | (BigInt(regex) << regexBit));
  },
  documented: ({ expression, kinds: used, host, headers, regex, regex_priority, length }) => {
    if (expression) return 0xffn << 56n;
    const high = (BigInt(used) << 61n) | (BigInt(host) << hostBit) | (BigInt(headers) << 52n);
    const low = (BigInt(regex_priority) << 19n) | BigInt(length);
    return BigInt.asUintN(64, high | (BigInt(regex) << regexBit) | low);
  },
};

/** Compares by Kong's order: the first matching part gets the request. */
export function comparePriority(a: RoutePart, b: RoutePart): number {
  if (a.priority !== b.priority) return a.priority > b.priority ? -1 : 1;
  return a.routerId > b.routerId ? -1 : 1;
}

/**
 * Returns the rule between two parts in the order of Kong 3.9: the rule of the highest differing
 * bit.
 */
export function ruleBetween(a: RoutePart, b: RoutePart): Rule {
  const highest = (a.priority ^ b.priority).toString(2).length - 1;
  if (a.priority === b.priority) return 'id';
  if (a.rank.expression !== b.rank.expression) return 'expression';
  if (highest === Number(hostBit)) return 'host';
  if (highest === Number(regexBit)) return 'regex';
  if (highest >= 29) return 'kinds';
  if (highest < 19) return 'length';
  return a.rank.headers === b.rank.headers ? 'regex_priority' : 'headers';
}
