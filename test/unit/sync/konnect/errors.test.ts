import { describe, expect, it } from '@jest/globals';
import { answerError, isBroken, networkError } from '../../../../sync/konnect/errors';

describe('answerError', () => {
  it.each([
    [401, 'CONTROL_PLANE_AUTH', false],
    [403, 'CONTROL_PLANE_AUTH', false],
    [400, 'REJECTED', false],
    [404, 'REJECTED', false],
    [409, 'REJECTED', false],
    [429, 'RATE_LIMITED', true],
    [500, 'CONTROL_PLANE', true],
    [503, 'CONTROL_PLANE', true],
  ])('gives %i the code %s', (status, code, transient) => {
    expect(answerError('PUT /x', { status, text: '' })).toMatchObject({ code, transient });
  });

  it.each([
    [
      '{"message":"validation error","details":[{"field":"port","messages":["too big","odd"]}]}',
      'validation error; port: too big, odd',
    ],
    ['{"status":403,"title":"Forbidden","detail":"no permission"}', 'Forbidden; no permission'],
    ['{"message":"gone","details":null}', 'gone'],
    ['<html>Bad Gateway</html>', '<html>Bad Gateway</html>'],
    ['', 'without a word'],
  ])('says what %s says', (text, words) => {
    expect(answerError('PUT /x', { status: 400, text }).message).toContain(`400 to PUT /x: ${words};`);
  });
});

describe('networkError', () => {
  it.each([
    ['ECONNRESET', 'UNREACHABLE', true, true],
    ['ENOTFOUND', 'UNREACHABLE', true, true],
    ['CERT_HAS_EXPIRED', 'UNREACHABLE', false, false],
    ['UND_ERR_HEADERS_TIMEOUT', 'TIMEOUT', true, false],
  ])('takes %s for %s', (networkCode, code, transient, isRetried) => {
    const thrown = Object.assign(new Error('no luck'), { code: networkCode });

    expect(networkError('GET /x', thrown)).toMatchObject({ code, transient, cause: thrown });
    expect(isBroken(thrown)).toBe(isRetried);
  });
});
