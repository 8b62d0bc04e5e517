import { existsSync, readFileSync } from 'node:fs';
import {
  AcceptVpcEndpointConnectionsCommand,
  CreateVpcEndpointCommand,
  DeleteVpcEndpointsCommand,
  DescribeVpcEndpointConnectionsCommand,
  DescribeVpcEndpointsCommand,
  type EC2Client,
} from '@aws-sdk/client-ec2';
import { afterEach, describe, expect, it } from '@jest/globals';
import { request } from 'undici';
import { estateNamed, estateNames } from '#sandbox/estates/estates';
import { type Provider, startProvider } from '#sandbox/network/providers';
import { type Served, type ServeOptions, serveSandbox } from '#sandbox/serve';
import { formatServed } from '#sync/cli/sandbox/serve';
import { ec2Client } from '../../support/aws/ec2-client';
import { misfitsOf, runCli } from '../../support/cli';
import { runServed } from '../../support/sandbox';
import { patienceMs, until } from '../../support/until';

const anyPorts = { aws: 0, konnect: 0, gateway: 8000 };

const open: { close(): unknown }[] = [];

afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

async function serve(estate = 'T0', options: Partial<ServeOptions> = {}): Promise<Served> {
  const served = await serveSandbox({ ...estateNamed(estate), ports: anyPorts, ...options });
  open.push(served);
  return served;
}

async function startGateway(): Promise<Provider> {
  const handle = async () => ({ body: { gateway: true } });
  const gateway = await startProvider({ addresses: ['127.0.0.1'], handle });
  open.push(gateway);
  return gateway;
}

it('the served sandbox answers as AWS, Konnect and gateway until it is closed', async () => {
  const { port } = await startGateway();
  const served = await serve('T0', { ports: { ...anyPorts, gateway: port } });

  const statuses = await Promise.all([served.awsUrl, served.konnectUrl, `http://${served.door}`].map(statusOf));

  expect(statuses).toEqual([401, 401, 200]);
  await served.close();
  await expect(statusOf(served.awsUrl)).rejects.toMatchObject({
    code: expect.stringMatching(/^(ECONNREFUSED|UND_ERR_SOCKET)$/),
  });
});

it.each([
  ['T0', ['egress', 'sd2']],
  ['T1', ['shop']],
  ['T2', ['dogs', 'todo']],
  ['T3', ['employees', 'payroll']],
  ['T4', ['archive', 'catalogue', 'stock']],
])('the written configuration shows the domains of %s, and its path is printed', async (estate, domains) => {
  const served = await serve(estate);

  const { exitCode, report } = await runServed(served, 'discover');
  const text = formatServed(served, { env: {} });
  const { close: _, ...told } = served;
  await served.close();

  expect(misfitsOf(['sandbox'], JSON.stringify(told))).toEqual([]);
  expect([exitCode, report.quarantined]).toEqual([0, []]);
  expect(report.endpoints.map(({ domain }: { readonly domain: string }) => domain).sort()).toEqual(domains);
  expect(text).toContain(`sandbox: estate ${estate} on loopback`);
  expect(text).toContain(` KONG_PRIVATELINK_CONFIG=${served.configPath} `);
  expect(text).toContain('  npx kong-privatelink sync\n');
  expect(text).toContain(`  ${served.experiment.command}\n`);
  expect(text).toContain('Ctrl-C');
  expect(existsSync(served.configPath)).toBe(false);
});

it('the written configuration has no contracts, because the gateway may lack the callers plugin', async () => {
  const { configPath } = await serve();

  expect(readFileSync(configPath, 'utf8')).not.toContain('contracts');
});

it("the printed commands unset variables that AWS tools prefer to the sandbox's files", async () => {
  const served = await serve();

  expect(formatServed(served, { env: {} })).not.toContain('unset');
  expect(formatServed(served, { env: { HOME: '/', AWS_PROFILE: 'prod', AWS_REGION: 'eu-west-1' } })).toContain(
    '  unset AWS_PROFILE AWS_REGION\n  export ',
  );
});

describe('an endpoint that a person connects by hand', () => {
  const region = 'us-east-1';

  async function endpointIn(ec2: EC2Client, id: string) {
    const { VpcEndpoints } = await ec2.send(new DescribeVpcEndpointsCommand({ VpcEndpointIds: [id] }));
    return VpcEndpoints?.[0];
  }

  it('waits for the provider, serves soon after acceptance, and is deleted after a while', async () => {
    let nowMs = Date.now();
    const { port: kong } = await startGateway();
    const served = await serve('T0', { ports: { ...anyPorts, gateway: kong }, now: () => nowMs });
    const { gateway = '', sd2 = '' } = served.accounts;
    const [ec2, owner] = [gateway, sd2].map((account) => ec2Client(served.awsUrl, { account, region }));
    if (!ec2 || !owner) throw new Error('no clients');
    open.push({ close: () => [ec2, owner].map((one) => one.destroy()) });
    const { VpcEndpoints = [] } = await ec2.send(new DescribeVpcEndpointsCommand({}));
    const { VpcEndpointConnections = [] } = await owner.send(new DescribeVpcEndpointConnectionsCommand({}));
    const [{ ServiceId = '' } = {}] = VpcEndpointConnections;
    const old = VpcEndpoints.find(({ ServiceName }) => ServiceName?.endsWith(ServiceId));

    const { VpcEndpoint } = await ec2.send(
      new CreateVpcEndpointCommand({
        ...{ VpcEndpointType: 'Interface', VpcId: old?.VpcId, SubnetIds: old?.SubnetIds },
        ServiceName: old?.ServiceName,
        TagSpecifications: [{ ResourceType: 'vpc-endpoint', Tags: old?.Tags }],
      }),
    );
    const id = String(VpcEndpoint?.VpcEndpointId);
    const states = [VpcEndpoint?.State];
    const seeAfter = async (...lasting: readonly number[]) => {
      for (const ms of lasting) {
        nowMs += ms;
        states.push((await endpointIn(ec2, id))?.State);
      }
    };
    await owner.send(new AcceptVpcEndpointConnectionsCommand({ ServiceId, VpcEndpointIds: [id] }));
    await seeAfter(2_999, 1);
    const { report } = await runServed(served, 'discover');
    const { addresses, port } = report.endpoints.find((one: { readonly id: string }) => one.id === id);
    await until('it serves', async () => (await statusOf(`http://${addresses[0].ip}:${port}/orders`)) === 200);
    await ec2.send(new DeleteVpcEndpointsCommand({ VpcEndpointIds: [id] }));
    await seeAfter(2_999, 1, 59_999);
    nowMs += 1;

    expect(states).toEqual(['pendingAcceptance', 'pending', 'available', 'deleting', 'deleted', 'deleted']);
    await expect(endpointIn(ec2, id)).rejects.toMatchObject({ name: 'InvalidVpcEndpointId.NotFound' });
  });
});

it('a taken port is reported with the likely process, and with the way to choose another port', async () => {
  const { konnectUrl } = await serve();
  const ports = { ...anyPorts, konnect: Number(new URL(konnectUrl).port) };

  await expect(serve('T0', { ports })).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
    message: expect.stringMatching(
      new RegExp(`:${ports.konnect}: most likely another sandbox --serve .* stop it .* --port`),
    ),
  });
});

it.each([
  [['--serve', '--once'], 'leave out --once, --faults and --rollout'],
  [['--serve', '--faults'], 'leave out --once, --faults and --rollout'],
  [['--serve', '--rollout'], 'leave out --once, --faults and --rollout'],
  [['--faults', '--rollout'], 'leave one of them out'],
  [['--rollout', '--estate', 'T1'], 'T0 shows one'],
  [['--port', '9001'], 'add --serve'],
  [['--serve', '--estate', 'T9'], 'there is no estate T9; name one of T0, T1, T2, T3, T4'],
  [['--serve', '--port', 'x'], 'not a valid port'],
  [['--serve', '--port', '-1'], 'not a valid port'],
  [['--serve', '--port', '65535'], 'not a valid port'],
  [['--serve', '--port', '8000'], '8000 is the port of Kong'],
  [['--serve', '--port', '7999'], '8000 is the port of Kong'],
  [['--estate', 'T9'], 'there is no estate T9; name one of T0, T1, T2, T3, T4'],
  [['--estate', 'T1', '--faults'], 'estate T1 shows no faults; leave --estate out'],
])('refuses %j before anything starts', async (argv, message) => {
  const { exitCode, out, err } = await runCli(['sandbox', ...argv]);
  const { out: json } = await runCli(['sandbox', ...argv, '--json']);

  expect([exitCode, out]).toEqual([1, '']);
  expect(err).toMatch(/^error: [^\n]*\n$/);
  expect(err).toContain(message);
  expect(JSON.parse(json).error).toMatchObject({ code: 'CONFIG_INVALID' });
});

it('each estate can be served', () => {
  expect(estateNames).toEqual(['T0', 'T1', 'T2', 'T3', 'T4']);
});

async function statusOf(url: string): Promise<number> {
  const { statusCode, body } = await request(url, { signal: AbortSignal.timeout(patienceMs) });
  await body.dump();
  return statusCode;
}
