import type { Scope } from '#core/model';
import type { ScopeReader, Source } from '#discovery/source';

/** The first scope of a source, and how it is read. */
export function firstOf(source: Source): ScopeReader {
  const [first] = source.scopes();
  if (!first) throw new Error('the source has no scope');
  return first;
}

export function scopesOf(source: Source): readonly Scope[] {
  return source.scopes().map(({ scope }) => scope);
}
