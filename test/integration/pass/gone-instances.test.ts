import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type Estate, gatewayAccount, openEstate, region } from '../../support/estate';

let estate: Estate;

beforeEach(async () => {
  estate = await openEstate();
});

afterEach(() => estate.close());

function configure(source: string): void {
  const { arn } = estate.world.createRole({ account: gatewayAccount, name: 'kong-privatelink' });
  const { aws, konnect } = estate;
  estate.configure(`owner: test
sources: [{ name: hub, ${source}, regions: [${region}], endpoint: "${aws.url}", accounts: [{ roleArn: "${arn}" }] }]
controlPlane: { type: konnect, address: "${konnect.url}", name: prod, token: "\${KONNECT_TOKEN}" }
`);
}

type Stage = {
  /** Adds an instance at this address; returns a function that makes AWS forget it at once. */
  readonly add: (ip: string) => () => void;
  /** The call for the missing id. It comes after so many listing calls. */
  readonly asked: { readonly action: string; readonly after: number };
};

function useEc2Instances(): Stage {
  configure('type: ec2-instances');
  return {
    add: (ip) => {
      const tags = { 'kong:domain': 'sd2' };
      const { id } = estate.world.createInstance({ account: gatewayAccount, region, zoneId: 'use1-az1', ip, tags });
      return () => {
        estate.world.terminateInstance(id);
        estate.world.purge();
      };
    },
    asked: { action: 'DescribeInstances', after: 1 },
  };
}

function useCloudMap(): Stage {
  configure('type: cloud-map, namespace: shared');
  const { cloudMap } = estate.world;
  const namespace = cloudMap.createNamespace({ account: gatewayAccount, region, name: 'shared' });
  const { id: serviceId } = cloudMap.createHttpService({ namespaceId: namespace.id, name: 'sd2' });
  return {
    add: (ip) => {
      const id = `vpce-1/${ip}`;
      cloudMap.registerInstance({ serviceId, id, attributes: { AWS_INSTANCE_IPV4: ip } });
      return () => void cloudMap.deregisterInstance(serviceId, id);
    },
    asked: { action: 'GetInstance', after: 0 },
  };
}

function addresses(): readonly unknown[] {
  return estate.konnect.entities('prod', 'targets').map((target) => target.target);
}

describe.each([
  ['an EC2 instance', useEc2Instances],
  ['a Cloud Map instance', useCloudMap],
])('%s that AWS does not list any more', (_, use) => {
  it('fm-01, fm-30 loses even its last target in the next one-shot sync when AWS does not know its id', async () => {
    const { add } = use();
    const forget = add('10.0.1.11');
    await estate.run('sync');
    forget();

    const { exitCode, out } = await estate.run('sync');

    expect(exitCode).toBe(0);
    expect(out).toContain('is deleted (AWS knows it no more)');
    expect(addresses()).toEqual([]);
  });

  it.each(['throttle', 'error', 'drop', 'garbage'] as const)(
    'fm-01, fm-08 counts as absent when the call for its id meets %s',
    async (kind) => {
      const { add, asked } = use();
      const forget = add('10.0.1.11');
      add('10.0.1.12');
      await estate.run('sync');
      forget();
      estate.aws.inject({ kind, ...asked });

      const { exitCode, out } = await estate.run('sync');

      expect(exitCode).toBe(0);
      expect(out).toContain('could not be asked for by id');
      expect(addresses()).toHaveLength(2);
    },
  );

  it('fm-08 costs no more call where nothing is missing', async () => {
    const { add, asked } = use();
    add('10.0.1.11');
    await estate.run('sync');
    const before = estate.aws.calls.length;

    await estate.run('sync');

    const after = estate.aws.calls.slice(before).filter(({ action }) => action === asked.action);
    expect(after).toHaveLength(asked.after);
  });
});

describe('an EC2 instance without its tag', () => {
  it('fm-01 keeps its targets, and counts as absent', async () => {
    const { add } = useEc2Instances();
    add('10.0.1.11');
    await estate.run('sync');
    estate.aws.inject({ kind: 'omit', action: 'DescribeInstances', field: 'reservationSet' });
    const listing = await estate.run('sync');

    expect(listing.out).not.toContain('is deleted');
    expect(addresses()).toEqual(['10.0.1.11:80']);
  });
});
