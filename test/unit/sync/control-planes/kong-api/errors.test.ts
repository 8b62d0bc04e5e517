import { describe, expect, it } from '@jest/globals';
import { answerError, callName } from '#sync/control-planes/kong-api/errors';
import { konnectApi } from '#sync/control-planes/konnect/api';

describe('answerError', () => {
  it.each([
    [401, 'CONTROL_PLANE_AUTH', false],
    [403, 'CONTROL_PLANE_AUTH', false],
    [400, 'REJECTED', false],
    [422, 'REJECTED', false],
    [404, 'CONTROL_PLANE', false],
    [407, 'BAD_CONNECTION', false],
    [409, 'CONTROL_PLANE', false],
    [413, 'CONTROL_PLANE', false],
    [429, 'RATE_LIMITED', true],
    [500, 'CONTROL_PLANE_FAILED', true],
    [503, 'CONTROL_PLANE_FAILED', true],
  ])('fm-14 maps %i to the code %s', (status, code, transient) => {
    expect(answerError(konnectApi, 'PUT /x', { status, text: '' })).toMatchObject({ code, transient });
  });

  it.each([
    [
      '{"message":"validation error","details":[{"field":"port","messages":["too big","odd"]}]}',
      'validation error; port: too big, odd',
    ],
    ['{"status":403,"title":"Forbidden","detail":"no permission"}', 'Forbidden; no permission'],
    ['{"message":"gone","details":null}', 'gone'],
    [
      '{"message":"declarative config is invalid","flattened_errors":[{"entity_type":"service","entity_name":"sd2","errors":[{"field":"host","message":"required"}]},{"entity_type":"target","entity":{"target":"x"},"errors":[{"message":"bad"}]}]}',
      'service sd2: host: required; target x: bad',
    ],
    ['<html>Bad Gateway</html>', '<html>Bad Gateway</html>'],
    ['', 'without a message'],
  ])('repeats the message in %s', (text, words) => {
    expect(answerError(konnectApi, 'PUT /x', { status: 400, text }).message).toContain(`400 to PUT /x: ${words};`);
  });
});

describe('answerError for a long text', () => {
  it.each([
    ['a message', JSON.stringify({ message: 'x'.repeat(100_000) })],
    ['the fields of a message', JSON.stringify({ details: [{ field: 'x'.repeat(100_000), messages: ['no'] }] })],
  ])('fm-54 quotes the beginning of %s', (_, text) => {
    const { message } = answerError(konnectApi, 'PUT /x', { status: 503, text });

    expect(message).toMatch(/^Konnect answered 503 to PUT \/x: x{4000}…; the next pass/);
  });
});

describe('answerError for a redirect', () => {
  it.each([
    ['https://login.example/sso?state=geheim', 'to https://login.example/sso'],
    ['/admin/', 'to /admin/'],
    ['https://bob:geheim@kong.example/', 'to https://kong.example/'],
    [undefined, 'and does not say where to'],
  ])('says that the server redirects, and to which address: %s', (location, where) => {
    const error = answerError(konnectApi, 'GET /x', { status: 302, text: '<html>Found</html>', location });

    expect(error).toMatchObject({
      code: 'CONTROL_PLANE',
      reason: `Konnect answered 302 to GET /x: it redirects ${where}`,
      fix: "write the address of the control plane's API itself in controlPlane.address, not of a login or a proxy: redirects are not followed",
    });
  });
});

describe('answerError for a gateway that requires a certificate', () => {
  it.each(['No required SSL certificate was sent', 'The SSL certificate error'])(
    'fm-61 names the setting for %s',
    (said) => {
      const text = `<html><head><title>400 ${said}</title></head></html>`;

      expect(answerError(konnectApi, 'GET /x', { status: 400, text })).toMatchObject({
        code: 'BAD_CONNECTION',
        fix: expect.stringContaining('controlPlane.tls.cert'),
      });
    },
  );
});

describe('answerError for a gateway that does not know failover', () => {
  it('names the setting that avoids failover', () => {
    const text = '{"message":"schema violation (failover: unknown field)"}';

    expect(answerError(konnectApi, 'PUT /x', { status: 400, text }).message).toContain('set affinity to weighted');
  });
});

describe('callName', () => {
  it.each([
    [
      'https://us.api.konghq.com',
      '/v2/control-planes?filter%5Bname%5D=prod',
      'https://us.api.konghq.com/v2/control-planes?filter[name]=prod',
    ],
    ['http://bob:secret@127.0.0.1:8001/kong/', '/services', 'http://127.0.0.1:8001/kong/services'],
    ['http://127.0.0.1', '/services/50%', 'http://127.0.0.1/services/50%'],
  ])('names for %s and %s the called URL, without a password', (address, path, name) => {
    expect(callName('GET', address, path)).toBe(`GET ${name}`);
  });
});
