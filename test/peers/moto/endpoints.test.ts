import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DeleteVpcEndpointsCommand, EC2Client } from '@aws-sdk/client-ec2';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { type Konnect, startKonnect } from '#sandbox/konnect/konnect';
import { describeWithMoto, type Moto, motoCredentials, motoEnv, startMoto } from '../../support/aws/moto';
import { createEndpoint } from '../../support/aws/moto-endpoints';
import { runCli } from '../../support/cli';

const region = 'us-east-1';

describeWithMoto('sync against moto', () => {
  let moto: Moto;
  let konnect: Konnect;
  let ec2: EC2Client;
  let folder: string;
  let config: string;

  beforeAll(async () => {
    moto = await startMoto();
    const { url } = moto;
    konnect = await startKonnect({ controlPlanes: [{ name: 'prod' }], token: motoEnv.KONNECT_TOKEN });
    ec2 = new EC2Client({ region, endpoint: url, credentials: motoCredentials });
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
    moto?.close();
    if (folder) rmSync(folder, { recursive: true });
  });

  it('creates targets, changes nothing in a second run, and follows a deletion', async () => {
    const endpointId = await createEndpoint(ec2, 'sd2');

    const first = await runCli(['sync', '-c', config, '--json'], motoEnv);
    const held = konnect.entities('prod', 'targets');
    const second = await runCli(['sync', '-c', config, '--json'], motoEnv);
    await ec2.send(new DeleteVpcEndpointsCommand({ VpcEndpointIds: [endpointId] }));
    const third = await runCli(['sync', '-c', config, '--json'], motoEnv);

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
