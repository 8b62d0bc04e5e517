import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  EC2Client,
  type EC2ClientConfig,
  RunInstancesCommand,
  StartInstancesCommand,
  StopInstancesCommand,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2';
import { fromTemporaryCredentials } from '@aws-sdk/credential-providers';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type Konnect, startKonnect } from '#sandbox/konnect/konnect';
import { describeWithMoto, type Moto, motoCredentials, motoEnv, startMoto } from '../../support/aws/moto';
import { createEndpoint } from '../../support/aws/moto-endpoints';
import { runCli } from '../../support/cli';

const region = 'us-east-1';
const roleOf = (account: string) => `arn:aws:iam::${account}:role/discover`;

describeWithMoto('discovery against moto', () => {
  let moto: Moto;
  let konnect: Konnect;
  let folder: string;
  let config: string;
  const clients: EC2Client[] = [];

  beforeAll(async () => {
    moto = await startMoto();
    folder = mkdtempSync(join(tmpdir(), 'kong-privatelink-'));
    config = join(folder, 'kong-privatelink.yaml');
  }, 60_000);

  beforeEach(async () => {
    await konnect?.close();
    konnect = await startKonnect({ controlPlanes: [{ name: 'prod' }], token: motoEnv.KONNECT_TOKEN });
  });

  afterAll(async () => {
    for (const client of clients) client.destroy();
    await konnect?.close();
    moto?.close();
    if (folder) rmSync(folder, { recursive: true });
  });

  /** The SDK's client with moto's own account, or one whose role is assumed. */
  function clientOf(credentials: EC2ClientConfig['credentials'] = motoCredentials): EC2Client {
    const client = new EC2Client({ region, endpoint: moto.url, credentials });
    clients.push(client);
    return client;
  }

  function assuming(account: string): EC2Client {
    const params = { RoleArn: roleOf(account), RoleSessionName: 'test' };
    return clientOf(fromTemporaryCredentials({ params, clientConfig: { region, endpoint: moto.url } }));
  }

  async function syncFrom(source: string) {
    writeFileSync(
      config,
      `owner: moto
sources: [{ name: hub, regions: [${region}], endpoint: "${moto.url}", ${source} }]
controlPlane: { type: konnect, address: "${konnect.url}", name: prod, token: "\${KONNECT_TOKEN}" }
`,
    );
    const { exitCode, out } = await runCli(['sync', '-c', config, '--json'], motoEnv);
    expect({ exitCode, out }).toMatchObject({ exitCode: 0 });
    return JSON.parse(out);
  }

  describe('instances', () => {
    const source = 'type: ec2-instances';

    it('become targets by tag, in a known zone, and leave when they stop or end', async () => {
      const ec2 = clientOf();
      const [kept, ended] = await runInstances(ec2, 'sd2');
      await runInstances(ec2, undefined);

      await syncFrom(source);
      const first = konnect.entities('prod', 'targets');
      const found = JSON.parse((await runCli(['discover', '-c', config, '--json'], motoEnv)).out);
      await ec2.send(new StopInstancesCommand({ InstanceIds: [kept] }));
      await ec2.send(new TerminateInstancesCommand({ InstanceIds: [ended] }));
      const second = await syncFrom(source);
      const without = konnect.entities('prod', 'targets');
      await ec2.send(new StartInstancesCommand({ InstanceIds: [kept] }));
      await syncFrom(source);

      expect(first).toHaveLength(2);
      expect(found.endpoints[0].addresses).toMatchObject([{ zoneId: expect.stringMatching(/^use1-az\d$/) }]);
      expect(second.changes).toMatchObject([{ action: 'delete' }, { action: 'delete' }]);
      expect(without).toEqual([]);
      expect(konnect.entities('prod', 'targets')).toMatchObject([{ tags: expect.arrayContaining([kept]) }]);
    });
  });

  describe('two accounts', () => {
    it('are read through one role each, and each endpoint belongs to the scope of its own account', async () => {
      const accounts = ['111111111111', '222222222222'];
      const ids: string[] = [];
      for (const account of accounts) ids.push(await createEndpoint(assuming(account), `sd${account[0]}`));
      const roles = accounts.map((account) => `{ roleArn: "${roleOf(account)}" }`);

      await syncFrom(`type: vpc-endpoints, accounts: [${roles}]`);

      const tags = konnect.entities('prod', 'targets').map((target) => target.tags);
      expect(tags).toHaveLength(4);
      for (const [index, account] of accounts.entries()) {
        const own = [ids[index], `scope:hub.${account}.${region}`];
        expect(tags.filter((one) => own.every((tag) => JSON.stringify(one).includes(`"${tag}"`)))).toHaveLength(2);
      }
    });
  });
});

/** Two instances; tagged for `domain`, where one is given. */
async function runInstances(ec2: EC2Client, domain: string | undefined): Promise<readonly [string, string]> {
  const Tags = [{ Key: domain ? 'kong:domain' : 'Name', Value: domain ?? 'other' }];
  const { Instances = [] } = await ec2.send(
    new RunInstancesCommand({
      ImageId: 'ami-12c6146b',
      MinCount: 2,
      MaxCount: 2,
      TagSpecifications: [{ ResourceType: 'instance', Tags }],
    }),
  );
  return [String(Instances[0]?.InstanceId), String(Instances[1]?.InstanceId)];
}
