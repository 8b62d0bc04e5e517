import { describe, expect, it } from '@jest/globals';
import { createOutput, type Sink } from '#io/output';

const full = Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });

/** A sink that fails at texts with `lost`: later, as a pipe does, or at once, as a file does. */
function sinkTo(written: string[], isLate: boolean): Sink {
  return (text, done) => {
    const end = () => done(text.includes('lost') ? full : null);
    if (!text.includes('lost')) written.push(text);
    if (isLate) setImmediate(end);
    else end();
  };
}

describe('createOutput', () => {
  it.each([true, false])(
    'fm-55 loses only texts that cannot be written, when the error comes late (%s)',
    async (isLate) => {
      const written: string[] = [];
      const output = createOutput(sinkTo(written, isLate));

      for (const text of ['one', 'lost', 'two', 'lost too', 'three']) output.write(text);

      expect(await output.reason()).toBe(full);
      expect([output.count(), written]).toEqual([2, ['one', 'two', 'three']]);
    },
  );

  it('returns no reason when all was written, or nothing', async () => {
    const output = createOutput(sinkTo([], true));

    expect(await output.reason()).toBeUndefined();
    output.write('one');
    expect([await output.reason(), output.count()]).toEqual([undefined, 0]);
  });

  it('fm-55 limits the texts for a reader that stopped', () => {
    let taken = 0;
    const output = createOutput((text) => {
      taken += text.length;
    });
    const line = 'x'.repeat(2 ** 20);

    for (let count = 0; count < 100; count += 1) output.write(line);

    expect(taken).toBeLessThan(20 * 2 ** 20);
    expect(output.count()).toBeGreaterThan(80);
  });

  it.each([
    [true, '\u001b[31m\\u001b[2J\u001b[39m\n'],
    [false, '\\u001b[31m\\u001b[2J\\u001b[39m\n'],
  ])(
    'fm-51 passes its own control codes only to a terminal, and escapes foreign ones (terminal: %s)',
    (isTerminal, expected) => {
      const written: string[] = [];

      createOutput(sinkTo(written, false), isTerminal).write('\u001b[31m\u001b[2J\u001b[39m\n');

      expect(written).toEqual([expected]);
    },
  );
});
