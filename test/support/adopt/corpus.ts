import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type AnyDeckFile, parseAnyDeckFile } from '#deck/file/any';
import type { SeenScope } from '#discovery/seen/model';
import { type Findings, findAdoptable } from '#sync/adopt/findings';
import { type AdoptCase, allScopes } from './cases';

const folder = join(__dirname, 'corpus');

/** Control planes as people write them, in decK's format. */
export const corpusFiles: readonly string[] = readdirSync(folder).map((name) => name.replace(/\.yaml$/, ''));

/** Where one of these is. */
export function corpusPath(file: string): string {
  return join(folder, `${file}.yaml`);
}

export function readCorpus(file: string): AnyDeckFile {
  return parseAnyDeckFile(readFileSync(corpusPath(file), 'utf8'), `${file}.yaml`);
}

export const corpusOwner = 'test';

/**
 * `adopt`'s findings in one control plane of the corpus. `isReversed`: control plane and AWS list
 * everything in reverse order.
 */
export function findInCorpus({ file, scopes: known, ...given }: AdoptCase, isReversed = false): Findings {
  const { held: listed, selectTags } = readCorpus(file);
  const held = isReversed ? listed.toReversed() : listed;
  const scopes = isReversed ? reversed(known ?? allScopes) : (known ?? allScopes);
  return findAdoptable({
    owner: corpusOwner,
    held,
    scopes,
    resolved: new Map(Object.entries(given.resolved ?? {})),
    names: new Map(Object.entries(given.names ?? {})),
    others: {
      selectTags: given.selectTags ?? [],
      baseNames: new Set(given.baseNames),
      selectedBy: selectTags.length > 0 ? `its file selects by ${selectTags.join(', ')}` : undefined,
    },
  });
}

function reversed(scopes: readonly SeenScope[]): readonly SeenScope[] {
  return scopes
    .map((one) => (one.status === 'known' ? { ...one, endpoints: one.endpoints.toReversed() } : one))
    .toReversed();
}
