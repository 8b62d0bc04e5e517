import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type Estate, openEstate } from '../../support/estate';

/** What strangers write into tags: it clears the screen, turns text round, and forges a line. */
const forged = 'Applied all 9 changes';
const hostile = `x\u001b[2J\u001b[31m\u009b2J\u202e\u2028\r\n${forged}\n`;
const unprintable = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;

let estate: Estate;

beforeEach(async () => {
  estate = await openEstate();
  estate.addEndpoint('sd2', ['10.0.1.11']);
  for (const key of ['domain', 'gateway', 'path', 'host', 'weight', 'protocol'])
    estate.addEndpoint('sd3', ['10.0.1.12'], { tags: { [`kong:${key}`]: hostile } });
});

afterEach(() => estate.close());

function expectHarmless(text: string): void {
  const lines = text.split('\n');
  expect(lines.filter((line) => unprintable.test(line) || line.trimStart().startsWith(forged))).toEqual([]);
}

describe('text of strangers', () => {
  it.each(['discover', 'diff', 'render', 'doctor', 'sync'])('fm-51 is escaped on a terminal: %s', async (verb) => {
    const { out, err } = await estate.run(verb);

    expectHarmless(out);
    expectHarmless(err);
  });

  it.each(['discover', 'diff', 'sync'])('fm-51 is exact in JSON, and harmless to a terminal: %s', async (verb) => {
    const { out } = await estate.run(verb, '--json');
    const { quarantined } = JSON.parse(out) as { readonly quarantined: readonly { readonly reason: string }[] };

    expectHarmless(out);
    expect(quarantined.filter(({ reason }) => reason.includes(hostile.trimEnd()))).not.toEqual([]);
  });

  it('fm-51 starts no line of its own in an error', async () => {
    const { exitCode, err } = await estate.run('retire', `sd2${hostile}`);

    expect(exitCode).toBe(1);
    expect(err).toContain(`\n  ${forged}`);
    expectHarmless(err.replace(`  ${forged}`, ''));
  });
});
