import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { findZoneId } from '#data-plane/zone/zone-id';

const servers: Server[] = [];

afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

type Answer = (request: IncomingMessage) => string | number;

/** A metadata service on loopback. A number is the status of its answer; 0 means no answer. */
async function serve(answer: Answer) {
  const server = createServer((request, response) => {
    const given = answer(request);
    if (typeof given === 'string') response.end(given);
    else if (given > 0) response.writeHead(given).end();
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const zoneIdsOf = (region: string) => async () => new Map(region === 'us-east-1' ? [['us-east-1a', 'use1-az4']] : []);
const find = (env: Readonly<Record<string, string>>, signal = new AbortController().signal) =>
  findZoneId({ env, zoneIdsOf }, signal);

/** Version 2 of instance metadata refuses a request without a token. */
const instance: Answer = ({ method, url, headers }) => {
  if (method === 'PUT' && url === '/latest/api/token' && headers['x-aws-ec2-metadata-token-ttl-seconds'])
    return 'secret';
  const isAsked = url === '/latest/meta-data/placement/availability-zone-id';
  return isAsked && headers['x-aws-ec2-metadata-token'] === 'secret' ? 'use1-az1' : 401;
};
const task: Answer = ({ url }) => (url === '/v4/abc/task' ? '{"AvailabilityZone":"us-east-1a","Cluster":"c"}' : 404);

describe('findZoneId', () => {
  it('asks instance metadata, with a token', async () => {
    expect(await find({ AWS_EC2_METADATA_SERVICE_ENDPOINT: await serve(instance) })).toBe('use1-az1');
  });

  it('asks task metadata where instance metadata has no zone, and maps the name of the zone', async () => {
    const env = {
      AWS_EC2_METADATA_SERVICE_ENDPOINT: await serve(() => 404),
      ECS_CONTAINER_METADATA_URI_V4: `${await serve(task)}/v4/abc`,
    };

    expect(await find(env)).toBe('use1-az4');
  });

  it('never asks disabled instance metadata', async () => {
    const asked: unknown[] = [];
    const env = {
      AWS_EC2_METADATA_DISABLED: 'true',
      AWS_EC2_METADATA_SERVICE_ENDPOINT: await serve((request) => asked.push(request.url)),
      ECS_CONTAINER_METADATA_URI_V4: `${await serve(task)}/v4/abc`,
    };

    expect(await find(env)).toBe('use1-az4');
    expect(asked).toEqual([]);
  });

  it.each<[string, Answer, RegExp]>([
    ['does not answer', () => 0, /did not answer within 1 s/],
    ['is forbidden', () => 403, /instance metadata: status 403/],
    ['answers without end (fm-54)', () => 'x'.repeat(2 ** 19), /instance metadata: .*exceeded max size/],
    ['answers with a page', () => '<html>', /instance metadata: .*zone|pattern/is],
  ])('names the failure and the way to go on without metadata, when metadata %s', async (_, answer, expected) => {
    const failure = find({ AWS_EC2_METADATA_SERVICE_ENDPOINT: await serve(answer) });

    await expect(failure).rejects.toMatchObject({ message: expect.stringMatching(expected), transient: true });
    await expect(failure).rejects.toThrow(/--zone-id/);
  });

  it('says that AWS has no id for the name of the zone', async () => {
    const uri = `${await serve(() => '{"AvailabilityZone":"eu-west-1b"}')}/v4`;

    const failure = find({ AWS_EC2_METADATA_DISABLED: 'true', ECS_CONTAINER_METADATA_URI_V4: uri });

    await expect(failure).rejects.toThrow('ec2:DescribeAvailabilityZones in eu-west-1 gives no id for eu-west-1b');
  });

  it('is not worth a retry where no metadata service exists', async () => {
    await expect(find({ AWS_EC2_METADATA_DISABLED: 'true' })).rejects.toMatchObject({ transient: false });
  });
});
