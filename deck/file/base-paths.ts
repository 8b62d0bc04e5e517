import type { WrittenPath } from '#core/claims/path-owners';
import { boundedPaths, isBounded } from '#core/paths';
import { claimedPathsOf, hasPathsAlone, textsOf } from '../route-paths';
import { type Base, type BaseEntity, nameOfReference } from './base';

/** The warning names this many paths and counts the rest. */
const namedPaths = 3;

/** The paths that routes of base files hold for all requests: no tag can claim them. */
export function writtenPaths({ entities }: Base): readonly WrittenPath[] {
  return entities.filter(isRoute).flatMap((entity) => {
    const { fields } = entity;
    const paths = hasPathsAlone(fields) ? (claimedPathsOf(entity) ?? []) : [];
    const service = nameOfReference(fields.service) || undefined;
    return paths.map((path) => ({ path, route: wordsFor(entity), service }));
  });
}

/**
 * The warning about base file paths that also match longer names (`/sd2` matches `/sd22`);
 * undefined when there are none. These paths stay as written.
 */
export function warnOfUnbounded({ entities }: Base): string | undefined {
  const unbounded = entities.filter(isRoute).flatMap((entity) => {
    const paths = pathsOf(entity).filter((path) => !isBounded(path));
    return paths.map((path) => `${path} of ${wordsFor(entity)} takes ${path}2 too (write ${insteadOf(path)} instead)`);
  });
  if (unbounded.length === 0) return undefined;
  const rest = unbounded.length > namedPaths ? ` and ${unbounded.length - namedPaths} more` : '';
  const named = unbounded.slice(0, namedPaths).join(', ');
  return `deck.base: Kong takes a plain path for the beginning of a text: ${named}${rest}`;
}

function isRoute({ kind }: BaseEntity): boolean {
  return kind === 'route';
}

function pathsOf({ fields: { paths } }: BaseEntity): readonly string[] {
  return Array.isArray(paths) ? textsOf(paths) : [];
}

function wordsFor({ at, name = at }: BaseEntity): string {
  return name.replace(':', ' ');
}

function insteadOf(path: string): string {
  return boundedPaths([path]).join(' and ');
}
