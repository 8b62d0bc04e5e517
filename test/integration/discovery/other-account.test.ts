import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { keysOf } from '../../support/aws/keys';
import { defaultConfig, type Estate, gatewayAccount, openEstate } from '../../support/estate';

const other = '444444444444';
const domains = Array.from({ length: 9 }, (_, index) => `sd${index + 1}`);

let estate: Estate;

beforeEach(async () => {
  estate = await openEstate();
});

afterEach(() => {
  actAs(gatewayAccount);
  return estate.close();
});

/** The process's own credentials, as the SDK finds them. */
function actAs(account: string): void {
  Object.assign(process.env, keysOf(account));
}

function entities(kind: 'targets' | 'upstreams') {
  return estate.konnect.entities('prod', kind);
}

function accountTags(): readonly unknown[] {
  const tags = entities('upstreams').flatMap((one) => (Array.isArray(one.tags) ? one.tags : []));
  return [...new Set(tags.filter((tag) => String(tag).startsWith('account:')))];
}

function forgetState(): void {
  rmSync(join(estate.folder, '.kong-privatelink'), { recursive: true, force: true });
}

/** One target for each of nine domains, synced with the right credentials. */
async function syncNine(): Promise<void> {
  for (const [index, domain] of domains.entries()) estate.addEndpoint(domain, [`10.0.${index + 1}.11`]);
  await estate.run('sync');
}

function configure(more: string): void {
  estate.configure(defaultConfig(estate).replace('regions:', `${more}, regions:`));
}

describe('fm-37 credentials of another account', () => {
  it('are noticed by the tag on the upstreams, even without any state, in both policies', async () => {
    await syncNine();
    actAs(other);
    for (const mode of ['sync', 'upsert-only']) {
      forgetState();
      estate.configure(`${defaultConfig(estate)}policy: { mode: ${mode} }\n`);

      const { exitCode, out } = await estate.run('sync');

      expect(exitCode).toBe(1);
      expect(out).toContain(
        `the credentials in use are of account ${other}, and account ${gatewayAccount} answered before`,
      );
      expect(out).toContain(`set ownAccount: "${other}" on source hub`);
      expect(entities('targets')).toHaveLength(9);
    }
    expect(accountTags()).toEqual([`account:${gatewayAccount}`]);
  });

  it('are noticed by the endpoints in use where an older version wrote no account tag', async () => {
    await syncNine();
    for (const upstream of entities('upstreams'))
      estate.konnect.seed('prod', 'upstreams', { ...upstream, tags: ['kong-privatelink', 'owner:test'] });
    forgetState();
    actAs(other);

    const { exitCode, out } = await estate.run('sync');

    expect(exitCode).toBe(1);
    expect(out).toContain('none of the endpoints in use is there');
    expect(entities('targets')).toHaveLength(9);
  });

  it('add no endpoints either', async () => {
    await syncNine();
    const service = estate.world.createService({ account: '333333333333', region: 'us-east-1' }).name;
    estate.world.createEndpoint({
      account: other,
      region: 'us-east-1',
      serviceName: service,
      tags: { 'kong:domain': 'sd10' },
      interfaces: [{ ip: '10.9.9.9', zoneId: 'use1-az1' }],
    });
    actAs(other);

    await estate.run('sync');

    expect(entities('targets').map((one) => one.target)).not.toContain('10.9.9.9:80');
  });

  it('change nothing: with the right credentials everything is as before', async () => {
    await syncNine();
    forgetState();
    actAs(other);
    await estate.run('sync');
    actAs(gatewayAccount);

    const { exitCode, out } = await estate.run('sync');

    expect(exitCode).toBe(0);
    expect(out).toContain('The control plane is as it should be');
  });

  it('are accepted once the operator names the account, and never make old endpoints gone', async () => {
    await syncNine();
    actAs(other);
    configure(`ownAccount: "${other}"`);

    const first = await estate.run('sync');
    const second = await estate.run('sync');

    expect([first.exitCode, second.exitCode]).toEqual([0, 0]);
    expect(entities('targets')).toHaveLength(9);
    expect(accountTags()).toEqual([`account:${gatewayAccount}`]);
  });

  it('are refused where the operator names another account', async () => {
    await syncNine();
    configure(`ownAccount: "${other}"`);

    const { exitCode, out } = await estate.run('sync');

    expect(exitCode).toBe(1);
    expect(out).toContain(
      `the credentials in use are of account ${gatewayAccount}, and ownAccount of source hub is ${other}`,
    );
  });

  it.each(['222222222222', '"22"'])('end with 1 at ownAccount %s, with the advice to quote it', async (text) => {
    configure(`ownAccount: ${text}`);

    const { exitCode, err } = await estate.run('diff');

    expect(exitCode).toBe(1);
    expect(err).toContain('sources[0].ownAccount: the id of an AWS account in quotes');
  });
});

describe('an STS that does not answer', () => {
  it('fm-37 keeps all targets, although the operator named the account: ids are not looked up', async () => {
    await syncNine();
    configure(`ownAccount: "${gatewayAccount}"`);
    estate.aws.inject({ kind: 'error', action: 'GetCallerIdentity' });
    actAs(other);

    await estate.run('sync');

    expect(entities('targets')).toHaveLength(9);
  });

  it('has no effect where the endpoints in use are listed', async () => {
    await syncNine();
    estate.aws.inject({ kind: 'error', action: 'GetCallerIdentity' });
    estate.addEndpoint('sd10', ['10.0.10.11']);
    forgetState();

    const { exitCode } = await estate.run('sync');

    expect(exitCode).toBe(0);
    expect(entities('targets')).toHaveLength(10);
    expect(accountTags()).toEqual([`account:${gatewayAccount}`]);
  });
});
