import { describe, expect, it } from '@jest/globals';
import { exitCodes, worstOf } from '#sync/cli/exit-codes';

const { done, error, differs, refused, incomplete, uncertain, interrupted } = exitCodes;

describe('the exit code of several stages', () => {
  it('is the most severe one', () => {
    const bySeverity = [interrupted, error, incomplete, refused, uncertain, differs, done];

    for (const [index, worst] of bySeverity.entries()) {
      const rest = bySeverity.slice(index);
      expect(worstOf(rest)).toBe(worst);
      expect(worstOf(rest.toReversed())).toBe(worst);
    }
  });

  it('is success without stages', () => {
    expect(worstOf([])).toBe(done);
  });

  it('knows every code', () => {
    for (const code of Object.values(exitCodes)) expect(worstOf([done, code])).toBe(code);
  });
});
