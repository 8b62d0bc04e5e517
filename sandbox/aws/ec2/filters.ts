import { AwsError } from '../error';
import { listOf, type Query } from '../query';
import type { Tags } from '../world/model';

/** The filters of one action: filter name to the values of an item. */
export type FilterFields<T> = ReadonlyMap<string, (item: T) => string | undefined>;

/**
 * Parses `Filter.n` into one predicate (all filters, any of a filter's values). Throws
 * InvalidParameterValue for an unknown name.
 */
export function parseFilters<T extends { readonly tags: Tags }>(
  query: Query,
  fields: FilterFields<T>,
): (item: T) => boolean {
  const predicates: ((item: T) => boolean)[] = [];
  for (let index = 1; query.has(`Filter.${index}.Name`); index += 1) {
    const offered = valuesFor(query.get(`Filter.${index}.Name`) ?? '', fields);
    const wanted = listOf(query, `Filter.${index}.Value`).map(patternOf);
    predicates.push((item) => offered(item).some((value) => wanted.some((pattern) => pattern.test(value))));
  }
  return (item) => predicates.every((predicate) => predicate(item));
}

function valuesFor<T extends { readonly tags: Tags }>(
  name: string,
  fields: FilterFields<T>,
): (item: T) => readonly string[] {
  if (name === 'tag-key') return ({ tags }) => Object.keys(tags);
  const key = name.startsWith('tag:') ? name.slice(4) : undefined;
  const field = key === undefined ? fields.get(name) : ({ tags }: T) => tags[key];
  if (!field) throw new AwsError('InvalidParameterValue', `The filter '${name}' is invalid`);
  return (item) => {
    const value = field(item);
    return value === undefined ? [] : [value];
  };
}

/**
 * AWS's wildcards: `*` is any text, `?` one character, a backslash takes the next character as it
 * is.
 */
function patternOf(value: string): RegExp {
  const source = value.replace(/\\(.)|[\s\S]/g, (part, escaped: string | undefined) => {
    if (part === '*') return '[\\s\\S]*';
    if (part === '?') return '[\\s\\S]';
    return (escaped ?? part).replace(/[\\^$.*+?()[\]{}|]/, '\\$&');
  });
  return new RegExp(`^${source}$`);
}
