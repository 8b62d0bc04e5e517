import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import {
  codeOf,
  type ErrorCode,
  formatProblem,
  hasCode,
  isProblem,
  messageLineOf,
  misfitOf,
  PrivatelinkError,
} from '#core/errors';

/**
 * `render` derives retries and exit codes from `transient`. A change here changes people's scripts.
 */
const transience: { readonly [C in ErrorCode]: boolean } = {
  CONFIG_MISSING: false,
  CONFIG_INVALID: false,
  CREDENTIALS: false,
  OTHER_ACCOUNT: false,
  ACCESS_DENIED: false,
  THROTTLED: true,
  TIMEOUT: true,
  BAD_ANSWER: true,
  UNCONFIRMED: true,
  UNREACHABLE: true,
  BAD_CONNECTION: false,
  REGION: false,
  AWS: true,
  CONTROL_PLANE_AUTH: false,
  CONTROL_PLANE_UNKNOWN: false,
  CONTROL_PLANE_FAILED: true,
  CONTROL_PLANE: false,
  RATE_LIMITED: true,
  REJECTED: false,
  STATE: false,
  OTHER_WRITER: true,
};

describe('PrivatelinkError', () => {
  it.each(Object.entries(transience) as [ErrorCode, boolean][])('%s is transient: %s', (code, transient) => {
    expect(new PrivatelinkError('no', { code, fix: undefined }).transient).toBe(transient);
  });

  it('says the reason, then the fix, and keeps both separate', () => {
    const error = new PrivatelinkError('the file is empty', { code: 'STATE', fix: 'write it', cause: 'a cause' });

    expect(error).toMatchObject({
      message: 'the file is empty; write it',
      reason: 'the file is empty',
      fix: 'write it',
      cause: 'a cause',
    });
  });
});

describe('isProblem', () => {
  it.each([
    [{ reason: 'it is red', fix: 'paint it' }, true],
    [{ code: 'bad-tag', reason: 'it is red', fix: 'paint it' }, true],
    [{ reason: 'AWS says why it is pending' }, false],
    [['fix'], false],
  ])('returns for %j %s', (given, expected) => {
    expect(isProblem(given)).toBe(expected);
  });
});

describe('formatProblem', () => {
  it.each([
    [{ reason: 'it is red', fix: 'paint it' }, 'it is red; paint it'],
    [{ reason: 'it is red' }, 'it is red'],
  ])('formats %j as %s', (problem, text) => {
    expect(formatProblem(problem)).toBe(text);
  });
});

describe('codeOf', () => {
  it.each([
    [Object.assign(new Error('no'), { code: 'EACCES' }), 'EACCES'],
    [{ code: 'EACCES' }, 'EACCES'],
    [{ code: 13 }, undefined],
    [new Error('no'), undefined],
    ['EACCES', undefined],
    [null, undefined],
  ])('returns for %p %p', (thrown, code) => {
    expect(codeOf(thrown)).toBe(code);
    expect(hasCode(thrown, 'ENOENT', 'EACCES')).toBe(code !== undefined);
  });
});

describe('misfitOf', () => {
  const shape = z.object({ list: z.array(z.number('a number')) }, 'a mapping');

  it.each([
    [{ list: [1, 'two'] }, 'list.1: a number'],
    ['text', 'the file: a mapping'],
  ])('names the wrong part of %j', (value, text) => {
    const { error } = shape.safeParse(value);

    expect(error && misfitOf(error, 'the file')).toBe(text);
  });
});

describe('messageLineOf', () => {
  it.each([
    ['one line stays', 'one line stays'],
    [
      'file is not valid:\n  owner: is required\n  x: unknown key',
      'file is not valid: owner: is required; x: unknown key',
    ],
  ])('makes one line of %j', (text, line) => {
    expect(messageLineOf(new Error(text))).toBe(line);
  });
});
