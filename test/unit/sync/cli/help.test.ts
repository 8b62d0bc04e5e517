import { describe, expect, it } from '@jest/globals';
import { main } from '#sync/cli/main';
import { verbs } from '#sync/cli/verbs';

/** The help text for a terminal of that width, or for a pipe. */
async function helpOf(argv: readonly string[], columns?: number): Promise<readonly string[]> {
  let text = '';
  const out = (more: string) => {
    text += more;
  };
  const terminal = { env: {}, out, err: out, isTerminal: columns !== undefined, columns };
  await main(argv, { terminal, signal: new AbortController().signal });
  return text.split('\n');
}

describe('help', () => {
  const pages = [[], ...verbs.map(({ name }) => [name])].map((argv) => [[...argv, '--help']] as const);

  it.each(pages)('of %j fits 80 columns in a pipe', async (argv) => {
    expect((await helpOf(argv)).filter((line) => line.length > 80)).toEqual([]);
  });

  it.each(pages)('of %j fits a terminal of 60 columns, and uses the width of a wide terminal', async (argv) => {
    const [narrow, wide] = [await helpOf(argv, 60), await helpOf(argv, 160)];

    expect(narrow.filter((line) => line.length > 60)).toEqual([]);
    expect(wide.length).toBeLessThanOrEqual(narrow.length);
    expect(wide.join(' ').split(/\s+/)).toEqual(narrow.join(' ').split(/\s+/));
  });
});
