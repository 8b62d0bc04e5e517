import { isNameTarget } from '#deck/via';
import { type Action, actions, type Change } from '../plan/changes';

const words: Readonly<Record<Action, string>> = { create: 'created', update: 'updated', delete: 'deleted' };

/** More names are only counted. */
const mostNames = 3;

/**
 * Returns one line of history: `1 created, 2 updated: service sd2, route sd2, plugin sd2|key-auth`.
 * `ifNone` is the text without changes.
 */
export function describeChanges(changes: readonly Change[], ifNone = 'affinity or base files'): string {
  if (changes.length === 0) return ifNone;
  const counts = actions
    .map((action) => [changes.filter((one) => one.action === action).length, words[action]] as const)
    .filter(([count]) => count > 0)
    .map(([count, word]) => `${count} ${word}`);
  const names = changes.slice(0, mostNames).map(nameOfOne);
  const more = changes.length - names.length;
  return `${counts.join(', ')}: ${names.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

/** A target by name is described in words, since its long name says less. */
function nameOfOne({ action, kind, key, domain, reason }: Change): string {
  if (!isNameTarget({ kind, key })) return `${kind} ${key}`;
  return `${domain} ${action === 'delete' ? 'no longer via resolver' : reason.split(';', 1).join()}`;
}
