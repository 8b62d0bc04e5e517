import type { Change } from './changes';

/** What an entity is after a change, for comparison; the same for all deletes. */
export function contentOf({ after }: Change): string {
  return JSON.stringify(after ?? null);
}
