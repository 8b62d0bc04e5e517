import { describe, expect, it } from '@jest/globals';
import { PrivatelinkError } from '#core/errors';
import type { AccountScope } from '#discovery/aws/accounts';
import { wrapAwsError } from '#discovery/aws/errors';

const roleArn = 'arn:aws:iam::111111111111:role/kong-privatelink';
const scope: AccountScope = {
  id: 'hub.1.us-east-1',
  source: 'hub',
  account: '111111111111',
  region: 'us-east-1',
  roleArn,
};

function errorOf(thrown: unknown, over: Partial<AccountScope> = {}): Promise<unknown> {
  const failing = () => Promise.reject(thrown);
  return wrapAwsError('ec2:DescribeVpcEndpoints', { ...scope, ...over }, failing).catch((error: unknown) => error);
}

function awsError(name: string, message = "AWS's own words"): Error {
  return Object.assign(new Error(message), { name });
}

describe('wrapAwsError', () => {
  it('returns the result of the call', async () => {
    expect(await wrapAwsError('ec2:DescribeVpcEndpoints', scope, async () => 7)).toBe(7);
  });

  it.each([
    ['UnauthorizedOperation', 'ACCESS_DENIED', false],
    ['AccessDenied', 'ACCESS_DENIED', false],
    ['CredentialsProviderError', 'CREDENTIALS', false],
    ['AuthFailure', 'CREDENTIALS', false],
    ['ExpiredToken', 'CREDENTIALS', false],
    ['RequestExpired', 'CREDENTIALS', false],
    ['InvalidSignatureException', 'CREDENTIALS', false],
    ['RequestLimitExceeded', 'THROTTLED', true],
    ['ThrottlingException', 'THROTTLED', true],
    ['TimeoutError', 'TIMEOUT', true],
    ['AbortError', 'TIMEOUT', true],
    ['OptInRequired', 'REGION', false],
    ['InternalError', 'AWS', true],
  ])('maps %s to %s', async (name, code, transient) => {
    const error = await errorOf(awsError(name));

    expect(error).toBeInstanceOf(PrivatelinkError);
    expect(error).toMatchObject({ code, transient, cause: expect.objectContaining({ name }) });
  });

  it.each(['ECONNREFUSED', 'ECONNRESET', 'ENOTFOUND', 'EAI_AGAIN', 'EPIPE', 'EHOSTUNREACH', 'ENETUNREACH'])(
    'maps %s to UNREACHABLE',
    async (code) => {
      expect(await errorOf(Object.assign(new Error('no'), { code }))).toMatchObject({ code: 'UNREACHABLE' });
    },
  );

  it.each([
    ['SELF_SIGNED_CERT_IN_CHAIN', 'self-signed', 'name its authority (a file in PEM) in NODE_EXTRA_CA_CERTS'],
    [
      'ERR_TLS_CERT_ALTNAME_INVALID',
      'another name',
      'write the name in the certificate as that of `endpoint` of the source',
    ],
    ['CERT_HAS_EXPIRED', 'old', 'let its certificate be renewed'],
    [
      'EPROTO',
      'write EPROTO 80AC:error:0A00010B:SSL routines:ssl3_get_record:wrong version number:../ssl3_record.c:350:',
      'correct the port of `endpoint` of the source: the server there does not speak TLS',
    ],
  ])('fm-61 maps a TLS failure (%s) to BAD_CONNECTION, with the fix', async (code, words, fix) => {
    expect(await errorOf(Object.assign(new Error(words), { code }))).toMatchObject({
      code: 'BAD_CONNECTION',
      transient: false,
      reason: expect.not.stringContaining('routines'),
      fix: expect.stringContaining(fix),
    });
  });

  it('maps an answer that stops half-way to a time-out, although the SDK could not parse it', async () => {
    const thrown = awsError('TimeoutError', 'the socket timed out\n  Deserialization error: inspect the response');

    expect(await errorOf(thrown)).toMatchObject({ code: 'TIMEOUT' });
  });

  it.each([
    ['RequestExpired', 'set the clock of this machine'],
    ['AuthFailure', 'enable region us-east-1 in it'],
    ['UnrecognizedClientException', 'enable region us-east-1 in it'],
  ])('names the fix of %s', async (name, fix) => {
    expect(await errorOf(awsError(name))).toMatchObject({ message: expect.stringContaining(fix) });
  });

  it("names source, account, region, action, AWS's own words and the fix", async () => {
    expect(await errorOf(awsError('UnauthorizedOperation'))).toMatchObject({
      message: `source hub, account 111111111111, region us-east-1: ec2:DescribeVpcEndpoints failed: AWS's own words; allow ec2:DescribeVpcEndpoints for ${roleArn}`,
    });
  });

  it('fm-54 quotes the beginning of a long AWS message', async () => {
    expect(await errorOf(awsError('InternalError', 'x'.repeat(100_000)))).toMatchObject({
      reason: expect.stringMatching(/ failed: x{4000}…$/),
    });
  });

  it('names the identity in use when the scope has no role', async () => {
    expect(await errorOf(awsError('UnauthorizedOperation'), { roleArn: undefined })).toMatchObject({
      message: expect.stringContaining('allow ec2:DescribeVpcEndpoints for the identity in use'),
    });
  });

  it('names sts:AssumeRole when the role could not be assumed', async () => {
    const error = await errorOf(
      awsError('AccessDenied', `User: x is not authorized to perform: sts:AssumeRole on ${roleArn}`),
    );

    expect(error).toMatchObject({
      code: 'ACCESS_DENIED',
      message: expect.stringMatching(/sts:AssumeRole failed: .*trust this identity, with its external id/),
    });
  });

  it('does not blame sts:AssumeRole when an assumed role lacks the action', async () => {
    const words = `You are not authorized. User: ${roleArn.replace('role/', 'assumed-role/')}/s is not authorized to perform: ec2:DescribeVpcEndpoints`;

    expect(await errorOf(awsError('UnauthorizedOperation', words))).toMatchObject({
      message: expect.stringContaining('ec2:DescribeVpcEndpoints failed'),
    });
  });

  it.each(['constructor', 'toString', '__proto__'])('treats an error named %s as an unknown error', async (name) => {
    expect(await errorOf(awsError(name))).toMatchObject({ code: 'AWS' });
  });

  it("maps an unparsable answer to BAD_ANSWER, without the SDK's hint for developers", async () => {
    const words =
      'XML parse error: unexpected content.\n  Deserialization error: to see the raw response, inspect {error}.$response';

    expect(await errorOf(new Error(words))).toMatchObject({
      code: 'BAD_ANSWER',
      transient: true,
      message: expect.stringMatching(/failed: XML parse error: unexpected content\.; check `endpoint` of the source/),
    });
  });

  it('leaves an error of the product unchanged', async () => {
    const own = new PrivatelinkError('own', { code: 'BAD_ANSWER', fix: undefined });

    expect(await errorOf(own)).toBe(own);
  });

  it('survives any thrown value', async () => {
    expect(await errorOf('a text')).toMatchObject({ code: 'AWS', message: expect.stringContaining('a text') });
  });
});
