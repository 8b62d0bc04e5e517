import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type ApiCall, onCall } from '#io/api-calls';
import { defaultConfig, type Estate, openEstate } from '../../support/estate';

let estate: Estate;
let told: string[];
let forget: () => void;

beforeEach(async () => {
  estate = await openEstate();
  told = [];
  forget = onCall(({ api, action, result }: ApiCall) => void told.push(`${api} ${action} ${result}`));
});

afterEach(async () => {
  forget();
  await estate.close();
});

describe('the counter of API calls', () => {
  it('hears of each call once', async () => {
    estate.addEndpoint('sd2', ['10.0.1.11']);

    await estate.run('sync');

    const ofAws = ['ec2 DescribeVpcEndpoints ok', 'ec2 DescribeNetworkInterfaces ok', 'sts GetCallerIdentity ok'];
    const ofKonnect = (method: string) => estate.konnect.calls.filter((call) => call.method === method).length;
    expect(told.filter((one) => !one.startsWith('konnect')).sort()).toEqual(ofAws.sort());
    expect(told.filter((one) => one === 'konnect PUT ok')).toHaveLength(ofKonnect('PUT'));
    expect(told.filter((one) => one === 'konnect GET ok')).toHaveLength(ofKonnect('GET'));
  });

  it('hears of each try, with the error code', async () => {
    estate.addEndpoint('sd2', ['10.0.1.11']);
    estate.aws.inject({ kind: 'throttle', action: 'DescribeVpcEndpoints', times: 1 });
    estate.konnect.inject({ kind: 'status', status: 503, method: 'GET' });
    estate.konnect.inject({ kind: 'drop', method: 'GET', after: 1 });

    await estate.run('sync');

    expect(told).toEqual(
      expect.arrayContaining([
        'ec2 DescribeVpcEndpoints THROTTLED',
        'konnect GET CONTROL_PLANE_FAILED',
        'konnect GET UNREACHABLE',
      ]),
    );
  });

  it('hears of the call that the SDK makes to assume a role', async () => {
    const { arn: roleArn } = estate.world.createRole({ account: '111111111111', name: 'discover', externalId: 'hub' });
    const accounts = `accounts: [{ roleArn: "${roleArn}", externalId: wrong }], `;
    estate.configure(defaultConfig(estate).replace('regions:', `${accounts}regions:`));

    await estate.run('sync');

    expect(told.filter((one) => one.startsWith('sts'))).toEqual(['sts AssumeRole ACCESS_DENIED']);
  });

  it('counts an unknown id as a success, because the call asked for it', async () => {
    const id = estate.addEndpoint('sd2', ['10.0.1.11']);
    await estate.run('sync');
    estate.world.deleteEndpoint(id);
    estate.world.purge();
    told = [];

    await estate.run('sync');

    expect(told.filter((one) => one.startsWith('ec2 '))).toEqual(Array(2).fill('ec2 DescribeVpcEndpoints ok'));
  });

  it('hears of nothing after it stopped', async () => {
    forget();
    estate.addEndpoint('sd2', ['10.0.1.11']);

    await estate.run('sync');

    expect(told).toEqual([]);
  });
});
