import { formatProblem, type Problem } from '#core/errors';
import type { ForeignEntity } from '../plan/foreign-entities';

/** What is said of a change whose name or path somebody else has. */
export function foreignMessage(entity: ForeignEntity): string {
  return formatProblem(entity.path ? takenPath(entity, entity.path) : takenName(entity));
}

/** Another owner's entity serves requests, and is not to be deleted. */
function takenName({ kind, key, owner }: ForeignEntity): Problem {
  if (owner === undefined) {
    const reason = `${kind} ${key} exists already without this owner's tags and is left as it is`;
    return { reason, fix: 'rename or delete it' };
  }
  return {
    reason: `${kind} ${key} belongs to owner ${owner} and is left as it is`,
    fix: 'give that domain to one of the two (allow.domains, tag kong:gateway)',
  };
}

function takenPath({ kind, key, owner }: ForeignEntity, path: NonNullable<ForeignEntity['path']>): Problem {
  const whose = owner === undefined ? ", which lacks this owner's tags," : ` of owner ${owner},`;
  const other = owner === undefined ? 'take the path off that route' : 'have that owner choose one';
  return {
    reason: `${kind} ${key} would take ${path.text} from route ${path.route}${whose} and is not written`,
    fix: `choose another kong:path for domain ${key}, or ${other}`,
  };
}
