import type { ForeignEntity } from '../plan/foreign-entities';

/** What is said of a change whose name or path somebody else has; another owner's entity serves requests, and is not to be deleted. */
export function foreignMessage({ kind, key, owner, path }: ForeignEntity): string {
  if (path) return `${kind} ${key} would take ${path.text} from route ${path.route}${pathFix(key, owner)}`;
  if (owner === undefined)
    return `${kind} ${key} exists already without this owner's tags and is left as it is: rename or delete it`;
  const fix = 'give that domain to one of the two (allow.domains, tag kong:gateway)';
  return `${kind} ${key} belongs to owner ${owner} and is left as it is: ${fix}`;
}

function pathFix(domain: string, owner: string | undefined): string {
  const fix = `choose another kong:path for domain ${domain}, or`;
  return owner === undefined
    ? `, which lacks this owner's tags, and is not written: ${fix} take the path off that route`
    : ` of owner ${owner}, and is not written: ${fix} have that owner choose one`;
}
