import { DescribeVpcEndpointsCommand, type EC2Client, type EC2ClientConfig } from '@aws-sdk/client-ec2';
import { fromTemporaryCredentials } from '@aws-sdk/credential-providers';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { credentialsOf } from '#sandbox/aws/credentials';
import type { Call } from '#sandbox/aws/faults';
import { type AwsServer, startAws } from '#sandbox/aws/server';
import { type AwsWorld, createWorld } from '#sandbox/aws/world/world';
import { ec2Client } from '../../support/aws/ec2-client';
import { until } from '../../support/until';

const own = { account: '111111111111', region: 'us-east-1' };
const other = { account: '222222222222', region: 'us-east-1' };

let world: AwsWorld;
let server: AwsServer;
let clients: EC2Client[];

beforeEach(async () => {
  world = createWorld();
  const { name: serviceName } = world.createService(other);
  for (const place of [own, other]) {
    const interfaces = [{ zoneId: 'use1-az1', ip: `127.20.1.${place.account.charAt(0)}` }];
    world.createEndpoint({ ...place, serviceName, interfaces, tags: { account: place.account } });
  }
  server = await startAws(world);
  clients = [];
});

afterEach(async () => {
  for (const client of clients) client.destroy();
  await server.close();
});

async function ownersSeen(config: EC2ClientConfig = {}, abortSignal?: AbortSignal) {
  const client = ec2Client(server.url, own, config);
  clients.push(client);
  const { VpcEndpoints } = await client.send(new DescribeVpcEndpointsCommand({}), { abortSignal });
  return VpcEndpoints?.map(({ OwnerId }) => OwnerId);
}

function roleCredentials(arn: string, externalId?: string): EC2ClientConfig {
  const credentials = fromTemporaryCredentials({
    masterCredentials: credentialsOf(own.account),
    params: { RoleArn: arn, RoleSessionName: 'test', ExternalId: externalId },
    clientConfig: { endpoint: server.url, region: own.region, maxAttempts: 1 },
  });
  return { credentials };
}

/** A call to the query API without the SDK, because the SDK would not send it. */
async function post(form: Record<string, string>, authorization: string): Promise<Response> {
  const headers = { authorization, connection: 'close' };
  return fetch(server.url, { method: 'POST', body: new URLSearchParams(form), headers });
}

function authorizationOf(accessKeyId: string): string {
  return `AWS4-HMAC-SHA256 Credential=${accessKeyId}/20261101/us-east-1/sts/aws4_request, SignedHeaders=host, Signature=0`;
}

const identity = { Action: 'GetCallerIdentity', Version: '2011-06-15' };

async function callsReached(count: number): Promise<void> {
  await until(`${count} calls reached the server`, () => server.calls.length >= count);
}

describe('credentials', () => {
  it('show an account its own endpoints, and its calls are counted', async () => {
    expect(await ownersSeen()).toEqual([own.account]);
    expect(server.calls).toEqual([{ action: 'DescribeVpcEndpoints', ...own }]);
  });

  it('of an assumed role show the endpoints of the other account', async () => {
    const { arn } = world.createRole({ account: other.account, name: 'team/reader' });

    expect(await ownersSeen(roleCredentials(arn))).toEqual([other.account]);
    expect(server.calls.map(({ action, account }) => [action, account])).toEqual([
      ['AssumeRole', own.account],
      ['DescribeVpcEndpoints', other.account],
    ]);
  });

  it('of a role with an external id are returned for that id', async () => {
    const { arn } = world.createRole({ account: other.account, name: 'reader', externalId: 'hub' });

    expect(await ownersSeen(roleCredentials(arn, 'hub'))).toEqual([other.account]);
  });

  it.each([undefined, 'wrong'])('of a role with an external id are refused for %s', async (externalId) => {
    const { arn } = world.createRole({ account: other.account, name: 'reader', externalId: 'hub' });

    await expect(ownersSeen(roleCredentials(arn, externalId))).rejects.toMatchObject({
      name: 'AccessDenied',
      message: `User: arn:aws:iam::111111111111:user/sandbox is not authorized to perform: sts:AssumeRole on resource: ${arn}`,
    });
  });

  it('of a missing role are refused', async () => {
    const role = roleCredentials('arn:aws:iam::222222222222:role/none');

    await expect(ownersSeen(role)).rejects.toMatchObject({ name: 'AccessDenied' });
  });

  it.each([
    ['an unknown access key', { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'x' }],
    ['a session without its token', { accessKeyId: 'ASIA111111111111SBOX', secretAccessKey: 'x' }],
    [
      'a token of another account',
      {
        accessKeyId: 'ASIA111111111111SBOX',
        secretAccessKey: 'x',
        sessionToken: 'sandbox arn:aws:sts::222222222222:x',
      },
    ],
  ])('of %s are refused', async (_, credentials) => {
    await expect(ownersSeen({ credentials })).rejects.toMatchObject({
      name: 'AuthFailure',
      $metadata: { httpStatusCode: 401 },
    });
  });

  it.each([
    ['', 'MissingAuthenticationToken'],
    ['Basic eDp5', 'MissingAuthenticationToken'],
    [authorizationOf('AKIAIOSFODNN7EXAMPLE'), 'InvalidClientTokenId'],
  ])('are refused by STS, with its own code for authorization "%s"', async (authorization, code) => {
    const response = await post(identity, authorization);

    expect(response.status).toBe(403);
    expect(await response.text()).toMatch(new RegExp(`<ErrorResponse.*<Code>${code}</Code>.*</ErrorResponse>`));
    expect(server.calls).toEqual([]);
  });

  it('are identified by GetCallerIdentity', async () => {
    const response = await post(identity, authorizationOf(credentialsOf(own.account).accessKeyId));

    expect(await response.text()).toContain('<Arn>arn:aws:iam::111111111111:user/sandbox</Arn>');
  });

  it('do not make STS accept an action that it lacks', async () => {
    const form = { ...identity, Action: 'GetSessionToken' };

    const response = await post(form, authorizationOf(credentialsOf(own.account).accessKeyId));

    expect(await response.text()).toContain('<Code>InvalidAction</Code>');
  });
});

describe('faults', () => {
  it.each([
    ['throttle', 'RequestLimitExceeded', 503],
    ['denied', 'UnauthorizedOperation', 403],
    ['error', 'InternalError', 500],
    ['expired', 'RequestExpired', 400],
  ] as const)('%s a call as EC2 would', async (kind, name, httpStatusCode) => {
    server.inject({ kind });

    await expect(ownersSeen()).rejects.toMatchObject({ name, $metadata: { httpStatusCode } });
  });

  it.each([
    ['throttle', 'Throttling'],
    ['denied', 'AccessDenied'],
    ['error', 'InternalFailure'],
    ['expired', 'ExpiredToken'],
  ] as const)('%s a call as STS would', async (kind, code) => {
    server.inject({ kind, action: 'GetCallerIdentity' });

    const response = await post(identity, authorizationOf(credentialsOf(own.account).accessKeyId));

    expect(await response.text()).toContain(`<Code>${code}</Code>`);
  });

  it('strike a given number of calls, after a given number of calls', async () => {
    server.inject({ kind: 'throttle', after: 1, times: 1 });

    const outcomes = [await ownersSeen(), await ownersSeen().catch(({ name }) => name), await ownersSeen()];

    expect(outcomes).toEqual([[own.account], 'RequestLimitExceeded', [own.account]]);
  });

  it('drop the connection', async () => {
    server.inject({ kind: 'drop' });

    await expect(ownersSeen()).rejects.toThrow('socket hang up');
  });

  it('answer garbage', async () => {
    server.inject({ kind: 'garbage' });

    await expect(ownersSeen()).rejects.toThrow('XML parse error');
  });

  it('hang until the client gives up', async () => {
    server.inject({ kind: 'hang' });
    const controller = new AbortController();

    const answer = ownersSeen({}, controller.signal);
    const refused = expect(answer).rejects.toMatchObject({ name: 'AbortError' });
    await callsReached(1);
    controller.abort();

    await refused;
  });

  it('hang only while the server lives', async () => {
    server.inject({ kind: 'hang' });

    const refused = expect(ownersSeen()).rejects.toThrow('socket hang up');
    await callsReached(1);
    await server.close();

    await refused;
    server = await startAws(world);
  });

  it('leave fields out', async () => {
    server.inject({ kind: 'omit', field: 'OwnerId' });
    server.inject({ kind: 'omit', field: 'tagSet' });

    expect(await ownersSeen()).toEqual([undefined]);
  });

  it('end on request', async () => {
    const end = server.inject({ kind: 'throttle' });

    end();

    expect(await ownersSeen()).toEqual([own.account]);
  });

  it.each<Partial<Call>>([{ account: other.account }, { region: 'us-west-2' }, { action: 'DescribeVpcs' }])(
    'skip other calls: %j',
    async (concern) => {
      server.inject({ kind: 'throttle', ...concern });

      expect(await ownersSeen()).toEqual([own.account]);
    },
  );
});

describe('startAws', () => {
  it('listens on loopback only, on a port that the system chose', () => {
    expect(server.url).toMatch(/^http:\/\/127\.0\.0\.1:[1-9]\d+$/);
  });

  it('says that its given port is taken', async () => {
    const port = Number(new URL(server.url).port);

    await expect(startAws(world, { port })).rejects.toThrow('EADDRINUSE');
  });
});
