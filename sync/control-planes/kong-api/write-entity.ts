import type { Change } from '../../plan/changes';
import { bodyOf } from './entities';
import type { EntityApi } from './lists';
import { entityPath } from './paths';

/**
 * Writes one change. PUT by id creates or replaces (fm-19). Deleting a missing entity succeeds.
 * Throws PrivatelinkError.
 */
export async function writeEntity(change: Change, { http, base }: EntityApi, signal: AbortSignal): Promise<void> {
  const path = `${base}/${entityPath(change)}`;
  if (change.action === 'delete') await http({ method: 'DELETE', path }, signal);
  else await http({ method: 'PUT', path, body: bodyOf(change) }, signal);
}
