import { describe, expect, it } from '@jest/globals';
import { adoptCases } from '../../../support/adopt/cases';
import { corpusFiles, findInCorpus } from '../../../support/adopt/corpus';
import { corpusEndpoints } from '../../../support/adopt/endpoints';

/** Endpoints by their AWS ids. */
const namesById = new Map(Object.entries(corpusEndpoints).map(([name, { id }]) => [id, name]));

describe('the corpus of control planes to adopt', () => {
  it('is used completely, and has at least thirty cases', () => {
    expect([...new Set(Object.values(adoptCases).map(({ file }) => file))].sort()).toEqual([...corpusFiles].sort());
    expect(corpusFiles.length).toBeGreaterThanOrEqual(30);
  });

  it.each(Object.entries(adoptCases))('shows the result of %s', (_, given) => {
    const { adoptable, notes } = findInCorpus(given);

    expect(adoptable.map(({ service }) => service.key).sort()).toEqual(Object.keys(given.expected).sort());
    for (const one of adoptable) {
      const { domain, tags = {}, differences = [], refused, findings = [] } = given.expected[one.service.key] ?? {};
      expect(one.domain).toBe(domain);
      if (refused === undefined) expect(one.refused).toBeUndefined();
      else expect(one.refused?.reason).toContain(refused);
      const byName = Object.entries(one.tags).map(([id, own]) => [namesById.get(id), own]);
      expect(Object.fromEntries(byName)).toEqual(tags);
      expect(one.differences.map(({ entity, field }) => `${entity} ${field}`)).toEqual(differences);
      expect(one.findings).toEqual(findings.map((said) => expect.stringContaining(said)));
    }
    expect(notes).toEqual((given.notes ?? []).map((said) => expect.stringContaining(said)));
  });

  it.each(Object.entries(adoptCases))('shows an equal result with everything in another order: %s', (_, given) => {
    const told = ({ adoptable }: ReturnType<typeof findInCorpus>) =>
      adoptable.map(({ domain, service, tags, refused }) => [domain, service.key, tags, refused === undefined]);

    expect(told(findInCorpus(given, true))).toEqual(told(findInCorpus(given)));
  });
});
