import { expect, it } from '@jest/globals';
import { maskOf } from '#sync/control-planes/kong-api/secrets';

const headers = { authorization: 'Basic Ym9iOmdlaGVpbQ==', 'x-key': 'say "geheim"', 'x-short': 'abc' };

it.each([
  ['a header', 'no Basic Ym9iOmdlaGVpbQ== here', 'no *** here'],
  ['the second word of a header', '{"message":"Ym9iOmdlaGVpbQ== is invalid"}', '{"message":"*** is invalid"}'],
  ['a header as JSON escapes it', JSON.stringify({ message: headers['x-key'] }), '{"message":"***"}'],
  ['a token that is the beginning of a header', 'Basic Ym9iOmdlaGVpbQ==', '***'],
  ['a token', 'Basic Ym9 and Basic', '*** and Basic'],
  ['no short words', 'say abc Basic', 'say abc Basic'],
])('fm-61 the mask hides %s', (_, text, masked) => {
  expect(maskOf({ token: 'Basic Ym9', headers })(text)).toBe(masked);
});
