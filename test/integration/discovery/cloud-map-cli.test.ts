import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { HttpService } from '#sandbox/aws/cloud-map/world';
import { type Estate, gatewayAccount, openEstate, region } from '../../support/estate';

let estate: Estate;
let employees: HttpService;

beforeEach(async () => {
  estate = await openEstate();
  const { aws, konnect, world } = estate;
  const namespace = world.cloudMap.createNamespace({ account: gatewayAccount, region, name: 'shared' });
  employees = world.cloudMap.createHttpService({
    namespaceId: namespace.id,
    name: 'employees',
    isHealthChecked: true,
  });
  estate.configure(`owner: test
sources: [{ name: registry, type: cloud-map, regions: [${region}], namespace: shared, endpoint: "${aws.url}" }]
controlPlane: { type: konnect, address: "${konnect.url}", name: prod, token: "\${KONNECT_TOKEN}" }
`);
});

afterEach(() => estate.close());

function register(id: string, ip: string): void {
  const attributes = { AWS_INSTANCE_IPV4: ip, AWS_INSTANCE_PORT: '8080' };
  estate.world.cloudMap.registerInstance({ serviceId: employees.id, id, attributes });
}

const targets = () =>
  estate.konnect
    .entities('prod', 'targets')
    .map(({ target }) => target)
    .sort();

describe('a Cloud Map registry (estate T3)', () => {
  it('routes /employees to the instances of the service, and has nothing left to do', async () => {
    register('vpce-1/eni-1', '10.0.1.11');
    register('vpce-1/eni-2', '10.0.2.11');

    const sync = await estate.run('sync');
    const again = await estate.run('sync', '--json');

    expect(sync.exitCode).toBe(0);
    expect(targets()).toEqual(['10.0.1.11:8080', '10.0.2.11:8080']);
    expect(estate.konnect.entities('prod', 'routes')).toMatchObject([
      { name: 'employees', paths: ['~/employees$', '/employees/'] },
    ]);
    expect(JSON.parse(again.out)).toMatchObject({ changes: [], quarantined: [] });
  });

  it('adds no unhealthy instance, and keeps an instance that became unhealthy', async () => {
    register('one', '10.0.1.11');
    await estate.run('sync');
    register('two', '10.0.2.11');
    for (const id of ['one', 'two']) estate.world.cloudMap.setHealth(employees.id, id, 'UNHEALTHY');

    const sync = await estate.run('sync');

    expect(sync.exitCode).toBe(0);
    expect(targets()).toEqual(['10.0.1.11:8080']);
  });
});
