import { expect, it } from '@jest/globals';
import { exceptions, standing, unused } from '#tools/text/exceptions';
import type { Finding, Rule } from '#tools/text/finding';

const finding = (file: string, rule: Rule): Finding => ({ file, line: 1, rule, what: 'is wrong', fix: 'mend it' });
const found = [finding('docs/a.md', 'width'), finding('docs/a.md', 'link'), finding('core/a.ts', 'width')];

it('findings remain if no exception covers them', () => {
  const taken = [{ path: 'docs/', rule: 'width', reason: 'a reason' }] as const;

  expect(standing(found, taken)).toEqual(found.slice(1));
});

it('an exception without a finding is reported', () => {
  const taken = [
    { path: 'core/', rule: 'width', reason: 'a reason' },
    { path: 'core/', rule: 'pattern', reason: 'a reason' },
  ] as const;

  expect(unused(found, taken)).toEqual([expect.objectContaining({ what: 'nothing in core/ breaks pattern any more' })]);
});

it('exceptions are few, and each has a reason', () => {
  expect(exceptions.length).toBeLessThanOrEqual(5);
  expect(exceptions.every(({ reason }) => reason.length > 10)).toBe(true);
});
