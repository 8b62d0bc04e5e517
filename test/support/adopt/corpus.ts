import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type AnyDeckFile, parseAnyDeckFile } from '#deck/file/any';
import { type Findings, findAdoptable } from '#sync/adopt/findings';
import { type AdoptCase, allScopes } from './cases';

const folder = join(__dirname, 'corpus');

/** Control planes as people write them, in decK's format. */
export const corpusFiles: readonly string[] = readdirSync(folder).map((name) => name.replace(/\.yaml$/, ''));

export function readCorpus(file: string): AnyDeckFile {
  return parseAnyDeckFile(readFileSync(join(folder, `${file}.yaml`), 'utf8'), `${file}.yaml`);
}

export const corpusOwner = 'test';

/** What `adopt` finds in one control plane of the corpus. */
export function findInCorpus({ file, scopes = allScopes, ...given }: AdoptCase): Findings {
  const { held, selectTags } = readCorpus(file);
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
