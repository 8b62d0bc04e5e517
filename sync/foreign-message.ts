import type { ForeignEntity } from './control-plane';

/** What is said of a create whose name somebody else has; another owner's entity serves requests, and is not to be deleted. */
export function foreignMessage({ kind, key, owner }: ForeignEntity): string {
  if (owner === undefined)
    return `${kind} ${key} exists already without this owner's tags and is left as it is: rename or delete it`;
  const fix = 'give that domain to one of the two (allow.domains, tag kong:gateway)';
  return `${kind} ${key} belongs to owner ${owner} and is left as it is: ${fix}`;
}
