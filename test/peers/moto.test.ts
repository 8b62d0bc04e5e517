import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CreateSubnetCommand,
  CreateTagsCommand,
  CreateVpcCommand,
  CreateVpcEndpointCommand,
  DeleteVpcEndpointsCommand,
  EC2Client,
} from '@aws-sdk/client-ec2';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Konnect, startKonnect } from '../../sandbox/konnect/konnect';
import { runCli } from '../support/cli';

/** moto is an AWS that nobody here wrote: what our own stand-in and our own reader both got wrong shows here. */
const motoServer = [process.env.MOTO_SERVER, join(__dirname, '../../.venv/bin/moto_server')].find(
  (path) => path && existsSync(path),
);

if (!motoServer) {
  process.stderr.write(
    "skipped: moto is not installed. To run it: python3 -m venv .venv && .venv/bin/pip install 'moto[server,ec2]==5.2.5' (or set MOTO_SERVER to a moto_server)\n",
  );
}

const region = 'us-east-1';
const credentials = { accessKeyId: 'testing', secretAccessKey: 'testing' };
const env = { AWS_ACCESS_KEY_ID: 'testing', AWS_SECRET_ACCESS_KEY: 'testing', KONNECT_TOKEN: 'kpat_test' };

(motoServer ? describe : describe.skip)('sync against moto', () => {
  let moto: ChildProcess;
  let konnect: Konnect;
  let ec2: EC2Client;
  let folder: string;
  let config: string;

  beforeAll(async () => {
    process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';
    Object.assign(process.env, { AWS_ACCESS_KEY_ID: 'testing', AWS_SECRET_ACCESS_KEY: 'testing' });
    const port = await freePort();
    moto = spawn(motoServer ?? '', ['-H', '127.0.0.1', '-p', String(port)], { stdio: 'ignore' });
    const url = `http://127.0.0.1:${port}`;
    await untilAnswers(url);
    konnect = await startKonnect({ controlPlanes: [{ name: 'prod' }], token: env.KONNECT_TOKEN });
    ec2 = new EC2Client({ region, endpoint: url, credentials });
    folder = mkdtempSync(join(tmpdir(), 'kong-privatelink-'));
    config = join(folder, 'kong-privatelink.yaml');
    writeFileSync(
      config,
      `owner: moto
sources: [{ name: hub, type: vpc-endpoints, regions: [${region}], endpoint: "${url}" }]
controlPlane: { type: konnect, address: "${konnect.url}", name: prod, token: "\${KONNECT_TOKEN}" }
`,
    );
  }, 60_000);

  afterAll(async () => {
    ec2?.destroy();
    await konnect?.close();
    moto?.kill();
    if (folder) rmSync(folder, { recursive: true });
  });

  it('creates, leaves alone and follows a deletion', async () => {
    const endpointId = await createEndpoint(ec2, 'sd2');

    const first = await runCli(['sync', '-c', config, '--json'], env);
    const held = konnect.entities('prod', 'targets');
    const second = await runCli(['sync', '-c', config, '--json'], env);
    await ec2.send(new DeleteVpcEndpointsCommand({ VpcEndpointIds: [endpointId] }));
    const third = await runCli(['sync', '-c', config, '--json'], env);

    expect([first.exitCode, second.exitCode, third.exitCode]).toEqual([0, 0, 0]);
    expect(held).toHaveLength(2);
    expect(held[0]).toMatchObject({
      tags: expect.arrayContaining([endpointId, 'scope:hub.self.us-east-1', 'owner:moto']),
    });
    expect(JSON.parse(second.out)).toMatchObject({ changes: [] });
    expect(JSON.parse(third.out).changes).toMatchObject([
      { action: 'delete', kind: 'target', reason: expect.stringContaining('deleted') },
      { action: 'delete', kind: 'target' },
    ]);
  });
});

/** An interface endpoint in two subnets, tagged for `domain`. */
async function createEndpoint(ec2: EC2Client, domain: string): Promise<string> {
  const vpc = await ec2.send(new CreateVpcCommand({ CidrBlock: '10.7.0.0/16' }));
  const VpcId = vpc.Vpc?.VpcId ?? '';
  const SubnetIds: string[] = [];
  for (const [index, AvailabilityZone] of ['us-east-1a', 'us-east-1b'].entries()) {
    const subnet = await ec2.send(
      new CreateSubnetCommand({ VpcId, AvailabilityZone, CidrBlock: `10.7.${index}.0/24` }),
    );
    SubnetIds.push(subnet.Subnet?.SubnetId ?? '');
  }
  const created = await ec2.send(
    new CreateVpcEndpointCommand({
      VpcId,
      SubnetIds,
      VpcEndpointType: 'Interface',
      ServiceName: `com.amazonaws.vpce.${region}.vpce-svc-0123456789abcdef0`,
    }),
  );
  const id = created.VpcEndpoint?.VpcEndpointId ?? '';
  await ec2.send(new CreateTagsCommand({ Resources: [id], Tags: [{ Key: 'kong:domain', Value: domain }] }));
  return id;
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}

async function untilAnswers(url: string): Promise<void> {
  const untilMs = Date.now() + 30_000;
  while (Date.now() < untilMs) {
    const answered = await fetch(url).then(
      () => true,
      () => false,
    );
    if (answered) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`moto did not answer at ${url} within 30 s`);
}
