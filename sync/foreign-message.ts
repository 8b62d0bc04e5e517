import type { ForeignEntity } from './control-plane';

/** What is said of a change whose name or path somebody else has; another owner's entity serves requests, and is not to be deleted. */
export function foreignMessage({ kind, key, owner, path }: ForeignEntity): string {
  if (path) {
    const whose = owner === undefined ? "without this owner's tags" : `of owner ${owner}`;
    const fix = `take the path off that route or delete it, or choose another kong:path for domain ${key}`;
    return `${kind} ${key} would take ${path.text} from route ${path.route} ${whose}, and is left out: ${fix}`;
  }
  if (owner === undefined)
    return `${kind} ${key} exists already without this owner's tags and is left as it is: rename or delete it`;
  const fix = 'give that domain to one of the two (allow.domains, tag kong:gateway)';
  return `${kind} ${key} belongs to owner ${owner} and is left as it is: ${fix}`;
}
