import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { isProblem } from '#core/errors';
import { parseTags } from '#discovery/admission/tags';
import { anyText } from '../../support/any-text';
import { tagKeysOf } from '../../support/aws/vpc-endpoints';

const keys = tagKeysOf();

/** Values near what the parser takes, and any text. */
const value = fc.oneof(
  anyText(),
  fc.constantFrom('sd2', 'SD2', 'http', 'https', 'grpcs', '__proto__', 'constructor', 'api.example', 'API.example', ''),
  fc.integer({ min: -2, max: 70_000 }).map(String),
  fc.double().map(String),
  fc
    .array(fc.constantFrom('/', '//', '/a', '/b/', '/..', '/.', '/a,b', '/%2e', '~', ' ', '\n', 'c'), { maxLength: 25 })
    .map((parts) => parts.join('')),
  fc.string({ unit: fc.constantFrom('a', '-', '0', '.', '/', ',') }),
);

/**
 * Tags with mostly usable domain, protocol and host, so that the checks of other tags are reached.
 */
const tags = fc
  .tuple(
    mostly('sd2'),
    fc.option(fc.record({ [keys.protocol]: mostly('https'), [keys.host]: mostly('api.example') })),
    fc.dictionary(fc.constantFrom(...Object.values(keys)), value),
  )
  .map(([domain, secured, others]) => new Map(Object.entries({ ...others, ...secured, [keys.domain]: domain })));

function mostly(usable: string): fc.Arbitrary<string> {
  return fc.oneof({ weight: 3, arbitrary: fc.constant(usable) }, value);
}

function claimOf(parsed: ReturnType<typeof parseTags>) {
  return isProblem(parsed) ? undefined : parsed;
}

describe('parseTags', () => {
  it('fm-11 returns a claim, or a problem with its fix, for any tags', () => {
    fc.assert(
      fc.property(tags, (one) => {
        const parsed = parseTags(one, keys);

        expect(!isProblem(parsed) || (parsed.reason !== '' && parsed.fix !== '')).toBe(true);
      }),
      { numRuns: 1_000 },
    );
  });

  it("fm-11 returns no claim that Kong's schemas refuse", () => {
    let claims = 0;
    fc.assert(
      fc.property(tags, (one) => {
        const claim = claimOf(parseTags(one, keys));
        if (!claim) return;
        claims++;
        expect(claim.domain).toMatch(/^[a-z0-9-]{1,63}$/);
        expect(Number.isInteger(claim.port) && claim.port >= 1 && claim.port <= 65_535).toBe(true);
        expect(Number.isInteger(claim.weight) && claim.weight >= 0 && claim.weight <= 65_535).toBe(true);
        expect(claim.host ?? 'absent').toMatch(/^[a-z0-9.-]{1,253}$/);
        expect(new Set(claim.paths).size).toBe(claim.paths.length);
        for (const path of claim.paths) {
          expect(path).toMatch(/^\/[^\s,%?#]*$/);
          expect(new URL(path, 'http://any.example').pathname).toBe(path);
        }
      }),
      { numRuns: 1_000 },
    );
    expect(claims).toBeGreaterThan(50);
  });

  it('returns a claim for TLS only with a host', () => {
    let claims = 0;
    fc.assert(
      fc.property(tags, (one) => {
        const claim = claimOf(parseTags(one, keys));
        if (!claim?.protocol.endsWith('s')) return;
        claims++;
        expect(claim.host).toMatch(/./);
      }),
      { numRuns: 1_000 },
    );
    expect(claims).toBeGreaterThan(10);
  });
});
