import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { credentialsOf } from '#sandbox/aws/credentials';
import { defaultConfig, type Estate, gatewayAccount, openEstate } from '../../support/estate';

let estate: Estate;

beforeEach(async () => {
  estate = await openEstate();
  const { arn } = estate.world.createRole({ account: gatewayAccount, name: 'kong-privatelink' });
  estate.configure(
    defaultConfig(estate).replace('type: vpc-endpoints,', `type: vpc-endpoints, accounts: [{ roleArn: "${arn}" }],`),
  );
});

afterEach(() => estate.close());

function addresses(): readonly unknown[] {
  return estate.konnect.entities('prod', 'targets').map((target) => target.target);
}

/** Deletes the endpoint, and has AWS forget it at once. */
function deleteForGood(id: string): void {
  estate.world.deleteEndpoint(id);
  estate.world.purge();
}

/** Returns a function that counts the calls for endpoints from now on. */
function countCalls(): () => number {
  const before = estate.aws.calls.length;
  return () => estate.aws.calls.slice(before).filter(({ action }) => action === 'DescribeVpcEndpoints').length;
}

describe('an endpoint that AWS does not list any more', () => {
  it('fm-01, fm-30 loses even its last target in the next one-shot sync when AWS does not know its id', async () => {
    const id = estate.addEndpoint('sd2', ['10.0.1.11', '10.0.2.11']);
    await estate.run('sync');
    deleteForGood(id);

    const { exitCode, out } = await estate.run('sync');

    expect(exitCode).toBe(0);
    expect(out).toContain(`endpoint ${id} is deleted (AWS knows it no more)`);
    expect(addresses()).toEqual([]);
  });

  it('fm-01 keeps everything when AWS lists nothing, as with credentials of another account', async () => {
    estate.configure(defaultConfig(estate));
    estate.addEndpoint('sd2', ['10.0.1.11', '10.0.2.11']);
    await estate.run('sync');
    const { accessKeyId, secretAccessKey } = credentialsOf('555555555555');
    Object.assign(process.env, { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey });

    const { exitCode } = await estate.run('sync');

    expect(exitCode).toBe(1);
    expect(addresses()).toHaveLength(2);
  });

  it('fm-01 keeps its targets when only its tag was removed', async () => {
    const id = estate.addEndpoint('sd2', ['10.0.1.11']);
    await estate.run('sync');
    estate.world.setTags(id, {});

    const { exitCode, out } = await estate.run('sync');

    expect(exitCode).toBe(0);
    expect(out).toContain(`endpoint ${id} is not listed; absence 1 of 3`);
    expect(addresses()).toEqual(['10.0.1.11:80']);
  });

  it('fm-30 leaves or stays by its own id: deleted endpoints leave, an untagged endpoint stays', async () => {
    const gone = ['10.0.1.11', '10.0.1.12'].map((ip) => estate.addEndpoint('sd2', [ip]));
    const untagged = estate.addEndpoint('sd2', ['10.0.1.13']);
    await estate.run('sync');
    for (const id of gone) deleteForGood(id);
    estate.world.setTags(untagged, {});

    await estate.run('sync');

    expect(addresses()).toEqual(['10.0.1.13:80']);
  });

  it.each(['throttle', 'error', 'drop', 'garbage'] as const)(
    'fm-01, fm-08 counts as absent when the call for its id meets %s',
    async (kind) => {
      const id = estate.addEndpoint('sd2', ['10.0.1.11']);
      await estate.run('sync');
      deleteForGood(id);
      estate.aws.inject({ kind, action: 'DescribeVpcEndpoints', after: 1 });

      const { exitCode, out } = await estate.run('sync');

      expect(exitCode).toBe(0);
      expect(out).toContain('could not be asked for by id');
      expect(addresses()).toEqual(['10.0.1.11:80']);
    },
  );

  it('fm-08 costs one more call, and a scope without missing endpoints costs none', async () => {
    const id = estate.addEndpoint('sd2', ['10.0.1.11']);
    estate.addEndpoint('sd3', ['10.0.1.12']);
    await estate.run('sync');
    const unchanged = countCalls();
    await estate.run('sync');
    expect(unchanged()).toBe(1);
    deleteForGood(id);
    const changed = countCalls();

    await estate.run('sync');

    expect(changed()).toBe(2);
  });
});
