import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createDiscoverer } from '#discovery/discover';
import { createSources } from '#discovery/sources';
import { rememberWorld } from '#sandbox/aws/world/past-world';
import { vpcEndpointsConfig } from '../../support/aws/vpc-endpoints';
import { type Estate, openEstate } from '../../support/estate';
import { createFakeClock } from '../../support/passes';
import { until } from '../../support/until';

describe('a fault of AWS', () => {
  let estate: Estate;

  beforeEach(async () => {
    estate = await openEstate();
    estate.addEndpoint('sd2', ['10.0.1.11', '10.0.2.11']);
    await estate.run('sync');
  });

  afterEach(() => estate.close());

  const action = 'DescribeVpcEndpoints';

  async function sync() {
    const { out } = await estate.run('sync', '--json');
    const { scopes, quarantined, changes } = JSON.parse(out);
    return { scope: scopes[0], quarantined, changes };
  }

  it('hides new endpoints from the list, while the list lags', async () => {
    const past = rememberWorld(estate.world);
    estate.addEndpoint('sd3', ['10.0.1.12']);
    const end = estate.aws.inject({ kind: 'lag', past });

    const lagging = await sync();
    end();
    const caughtUp = await sync();

    expect(lagging).toMatchObject({ scope: { status: 'known', endpoints: 1 }, changes: [] });
    expect(caughtUp.scope).toMatchObject({ status: 'known', endpoints: 2 });
  });

  it('fm-11 quarantines only the endpoint whose interfaces AWS does not find by their ids yet', async () => {
    const past = rememberWorld(estate.world);
    const id = estate.addEndpoint('sd3', ['10.0.1.12']);
    estate.aws.inject({ kind: 'lag', past, action: 'DescribeNetworkInterfaces' });

    const { scope, quarantined, changes } = await sync();

    expect(scope).toMatchObject({ status: 'known', endpoints: 1 });
    expect(quarantined).toMatchObject([{ endpointId: id, code: 'missing-field' }]);
    expect(changes).toEqual([]);
  });

  it('fm-08 has no effect if lists end with an empty token', async () => {
    estate.aws.inject({ kind: 'emptyToken' });

    expect(await sync()).toMatchObject({ scope: { status: 'known' }, changes: [] });
  });

  it('fm-03 makes the scope unknown at its deadline, if an answer stops half-way', async () => {
    const clock = createFakeClock();
    const config = vpcEndpointsConfig({ endpoint: estate.aws.url });
    const sources = createSources({ owner: 'test', sources: [config] }, { clock });
    const discoverer = createDiscoverer(sources, { clock, scopeTimeoutSeconds: 1.5 });
    const { signal } = new AbortController();
    await until('the scope is known', async () => (await discoverer.discover(signal)).scopes[0]?.status === 'known');
    estate.aws.inject({ kind: 'partial', action: 'DescribeNetworkInterfaces' });

    const { scopes } = await discoverer.discover(signal);

    expect(scopes).toMatchObject([{ status: 'unknown', code: 'TIMEOUT' }]);
    expect(scopes).toMatchObject([{ lastGood: { discovered: { endpoints: [{ domain: 'sd2' }] } } }]);
  });

  it("is corrected by the SDK when AWS's clock is an hour ahead", async () => {
    process.env.AWS_MAX_ATTEMPTS = '2';
    estate.aws.inject({ kind: 'skew', aheadMs: 3_600_000, action });

    expect(await sync()).toMatchObject({ scope: { status: 'known' }, changes: [] });
  });

  it.each([
    ['skew', { kind: 'skew', aheadMs: 3_600_000 }, 'CREDENTIALS', /set the clock of this machine/],
    ['expired', { kind: 'expired' }, 'CREDENTIALS', /check that the credentials have not expired/],
    ['a region that is not enabled', { kind: 'regionDisabled' }, 'REGION', /enable the region in the account/],
    ['a key that the region does not know', { kind: 'unknownKey' }, 'CREDENTIALS', /enable region us-east-1/],
  ] as const)('fm-02 makes the scope unknown, with the fix, at %s', async (_, fault, code, fix) => {
    estate.aws.inject({ ...fault, action });

    const { scope, changes } = await sync();

    expect(scope).toMatchObject({ status: 'unknown', code, reason: expect.stringMatching(fix) });
    expect(changes).toEqual([]);
  });
});
