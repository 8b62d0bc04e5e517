import { AwsError } from '../error';
import { listOf, type Query, required } from '../query';
import type { AwsRequest } from '../request';
import { isAt, type Place, type Tags } from '../world/model';
import { endpointNotFound, instanceNotFound } from '../world/not-found';
import type { AwsWorld } from '../world/world';
import { element } from '../xml';

/** Adds tags to endpoints and instances, or replaces their values; all of them, or none. */
export function createTags(request: AwsRequest): string {
  const added = newTagsOf(request.query, 'Tag');
  if (Object.keys(added).length === 0) throw missing('tagSet');
  return changeTags(request, (tags) => ({ ...tags, ...added }));
}

/**
 * Removes tags: by key, by key and value where a value is given, or all. A missing tag is no error.
 */
export function deleteTags(request: AwsRequest): string {
  const named = pairsOf(request.query, 'Tag');
  const isNamed = (key: string, value: string) =>
    named.some((one) => one.key === key && (one.value ?? value) === value);
  return changeTags(request, (tags) =>
    Object.fromEntries(Object.entries(tags).filter(([key, value]) => named.length > 0 && !isNamed(key, value))),
  );
}

/**
 * Parses tags from `name.1.Key`, `name.1.Value` and so on, within AWS's limits. Throws
 * InvalidParameterValue.
 */
export function newTagsOf(query: Query, name: string): Tags {
  const pairs = pairsOf(query, name);
  const keys = pairs.map(({ key }) => key);
  const twice = keys.find((key, index) => keys.indexOf(key) !== index);
  if (twice !== undefined) throw invalid(`Duplicate tag key '${twice}' specified.`);
  for (const { key, value = '' } of pairs) {
    if (key.startsWith('aws:')) throw invalid("Tag keys starting with 'aws:' are reserved for internal use");
    if (key.length > 128) throw invalid('Tag key exceeds the maximum length of 128 characters');
    if (value.length > 256) throw invalid('Tag value exceeds the maximum length of 256 characters');
  }
  return Object.fromEntries(pairs.map(({ key, value = '' }) => [key, value]));
}

/** The most tags of a resource. */
const tagLimit = 50;

function changeTags({ world, caller, query }: AwsRequest, change: (tags: Tags) => Tags): string {
  const ids = listOf(query, 'ResourceId');
  if (ids.length === 0) throw missing('resourceIdSet');
  const writes = ids.map((id) => {
    const { found, write, notFound } = tagged(world, id);
    if (!found || !isAt(found, caller)) throw notFound(id);
    const changed = change(found.tags);
    if (Object.keys(changed).length <= tagLimit) return () => write(changed);
    throw new AwsError('TagLimitExceeded', 'The maximum number of Tags for a resource has been reached.');
  });
  for (const write of writes) write();
  return element('return', true);
}

type Tagged = {
  readonly found?: Place & { readonly tags: Tags };
  readonly write: (tags: Tags) => void;
  readonly notFound: (id: string) => AwsError;
};

/**
 * Returns the endpoint or instance of an id, with a function to replace its tags. Throws InvalidID
 * for any other id.
 */
function tagged(world: AwsWorld, id: string): Tagged {
  if (/^vpce-(?!svc-)/.test(id))
    return { found: world.endpoint(id), write: (tags) => world.setTags(id, tags), notFound: endpointNotFound };
  if (id.startsWith('i-'))
    return { found: world.instance(id), write: (tags) => world.setInstanceTags(id, tags), notFound: instanceNotFound };
  throw new AwsError('InvalidID', `The ID '${id}' is not valid: ${taggable}`);
}

const taggable = 'the sandbox tags endpoints (vpce-) and instances (i-)';

type Pair = { readonly key: string; readonly value?: string };

function pairsOf(query: Query, name: string): readonly Pair[] {
  const pairs: Pair[] = [];
  for (let index = 1; query.has(`${name}.${index}.Key`); index += 1)
    pairs.push({ key: required(query, `${name}.${index}.Key`), value: query.get(`${name}.${index}.Value`) });
  return pairs;
}

function invalid(message: string): AwsError {
  return new AwsError('InvalidParameterValue', message);
}

function missing(parameter: string): AwsError {
  return new AwsError('MissingParameter', `The request must contain the parameter ${parameter}`);
}
