import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createAwsAccess } from '#discovery/aws/access';
import type { HttpService } from '#sandbox/aws/cloud-map/world';
import { startAws } from '#sandbox/aws/server';
import { createWorld } from '#sandbox/aws/world/world';
import { openPublications } from '#sync/publish/open-publications';
import { endpointOf, knownScope } from '../../support/builders';
import { defaultConfig, type Estate, gatewayAccount, openEstate, region } from '../../support/estate';
import { createFakeClock, createPasses } from '../../support/passes';

let estate: Estate;
let employees: HttpService;

beforeEach(async () => {
  estate = await openEstate();
  const namespace = estate.world.cloudMap.createNamespace({ account: gatewayAccount, region, name: 'shared' });
  employees = estate.world.cloudMap.createHttpService({ namespaceId: namespace.id, name: 'employees' });
  publish({});
});

afterEach(() => estate.close());

/** Configures one publication of the domain `sd2`. */
function publish(over: Readonly<Record<string, string>>): void {
  const publication = { namespace: 'shared', service: 'employees', domain: 'sd2', region, endpoint: estate.aws.url };
  estate.configure(`${defaultConfig(estate)}publish: [${JSON.stringify({ ...publication, ...over })}]\n`);
}

const instances = () => estate.world.cloudMap.instances(employees.id);
const ips = () => instances().map(({ attributes }) => attributes.AWS_INSTANCE_IPV4);

describe('a slow AWS', () => {
  it('is waited for until the instance is registered', async () => {
    const clock = createFakeClock(Date.now());
    const world = createWorld({ now: clock.now, transitionMs: 5_000 });
    const { id } = world.cloudMap.createNamespace({ account: gatewayAccount, region, name: 'shared' });
    const service = world.cloudMap.createHttpService({ namespaceId: id, name: 'employees' });
    const aws = await startAws(world);
    const place = { namespace: 'shared', service: 'employees', domain: 'sd2', region, endpoint: aws.url };
    const publications = openPublications({ owner: 'test', publish: [place] }, createAwsAccess(clock));
    const { pass } = createPasses({ publications, clock });

    const report = await pass(knownScope([endpointOf()])).finally(() => aws.close());

    expect(report.publications).toMatchObject([{ applied: [{ outcome: 'applied' }, { outcome: 'applied' }] }]);
    expect(world.cloudMap.instances(service.id)).toHaveLength(2);
  });
});

describe('publishing to Cloud Map (estate T3)', () => {
  it('registers the targets of the domain, with their origin, and has nothing left to do', async () => {
    const endpointId = estate.addEndpoint('sd2', ['10.0.1.11', '10.0.2.11'], { tags: { 'kong:port': '8080' } });
    estate.addEndpoint('sd3', ['10.0.1.12']);

    const sync = await estate.run('sync');
    const again = await estate.run('sync', '--json');

    expect(sync.exitCode).toBe(0);
    expect(sync.out).toContain('2 of 2 changes made in cloud-map self.us-east-1 shared/employees');
    expect(ips()).toEqual(['10.0.1.11', '10.0.2.11']);
    expect(instances()[0]?.attributes).toEqual({
      AWS_INSTANCE_IPV4: '10.0.1.11',
      AWS_INSTANCE_PORT: '8080',
      'kong-privatelink:owner': 'test',
      'kong-privatelink:scope': 'hub.self.us-east-1',
      'kong-privatelink:endpoint': endpointId,
      'kong-privatelink:zone': 'use1-az1',
      'kong:domain': 'sd2',
      'kong:protocol': 'http',
      'kong:weight': '100',
    });
    expect(JSON.parse(again.out)).toMatchObject({ changes: [], publications: [{ domain: 'sd2', changes: [] }] });
  });

  it('shows planned registrations in diff, and writes nothing', async () => {
    estate.addEndpoint('sd2', ['10.0.1.11']);

    const diff = await estate.run('diff');

    expect(diff.exitCode).toBe(2);
    expect(diff.out).toMatch(
      /sd2 in cloud-map self\.us-east-1 shared\/employees\n {2}ACTION.*\n {2}create +target +10\.0\.1\.11:80 /,
    );
    expect(instances()).toEqual([]);
  });

  it('publishes nothing with an approved plan, because the plan covers the control plane alone', async () => {
    estate.addEndpoint('sd2', ['10.0.1.11']);
    const plan = join(estate.folder, 'plan.json');
    await estate.run('diff', '--out', plan);

    const approved = await estate.run('sync', '--plan', plan);
    const afterwards = instances();
    const sync = await estate.run('sync');

    expect(approved.exitCode).toBe(0);
    expect(afterwards).toEqual([]);
    expect(sync.out).toMatch(/1 of 1 changes made in .*\nThe control plane is as it should be\n$/);
    expect(ips()).toEqual(['10.0.1.11']);
  });

  it('replaces the instances when the endpoint is recreated', async () => {
    const first = estate.addEndpoint('sd2', ['10.0.1.11', '10.0.2.11']);
    await estate.run('sync');
    estate.world.deleteEndpoint(first);
    const second = estate.addEndpoint('sd2', ['10.0.1.12', '10.0.2.12']);

    const sync = await estate.run('sync');

    expect(sync.exitCode).toBe(0);
    expect(ips()).toEqual(['10.0.1.12', '10.0.2.12']);
    expect(instances().map(({ attributes }) => attributes['kong-privatelink:endpoint'])).toEqual([second, second]);
  });

  it('keeps the id of an instance whose address moves to a new endpoint', async () => {
    const first = estate.addEndpoint('sd2', ['10.0.1.11']);
    await estate.run('sync');
    const [before] = instances();
    estate.world.deleteEndpoint(first);
    const second = estate.addEndpoint('sd2', ['10.0.1.11'], { tags: { 'kong:weight': '50' } });

    await estate.run('sync');

    expect(instances()).toMatchObject([
      { id: before?.id, attributes: { 'kong-privatelink:endpoint': second, 'kong:weight': '50' } },
    ]);
  });

  it('deregisters even the last instance at once when the endpoint is rejected', async () => {
    const endpointId = estate.addEndpoint('sd2', ['10.0.1.11']);
    await estate.run('sync');
    estate.world.setState(endpointId, 'rejected');

    const sync = await estate.run('sync');

    expect(sync.exitCode).toBe(0);
    expect(instances()).toEqual([]);
  });

  it('counts absences across processes, as for targets, and keeps the last instance', async () => {
    const policy = 'policy: { removeAfterAbsences: 2, removeAfterSeconds: 0 }\n';
    const text = `${defaultConfig(estate)}${policy}publish: [{ namespace: shared, service: employees, domain: sd2, region: ${region}, endpoint: "${estate.aws.url}" }]\n`;
    estate.configure(text);
    estate.addEndpoint('sd2', ['10.0.1.11']);
    const moved = estate.addEndpoint('sd2', ['10.0.1.12']);
    await estate.run('sync');
    estate.world.setTags(moved, { 'kong:domain': 'sd3' });

    await estate.run('sync');
    const afterOne = ips();
    await estate.run('sync');
    const afterTwo = ips();

    expect(afterOne).toEqual(['10.0.1.11', '10.0.1.12']);
    expect(afterTwo).toEqual(['10.0.1.11']);
  });

  it('keeps the instances when the domain is retired, and retire says so once', async () => {
    publish({});
    const endpointId = estate.addEndpoint('sd2', ['10.0.1.11']);
    await estate.run('sync');
    estate.world.setTags(endpointId, {});

    const { exitCode, out } = await estate.run('retire', 'sd2', '--yes');

    expect(exitCode).toBe(0);
    expect(out.match(/shared\/employees keeps the instances of domain sd2/g)).toHaveLength(1);
    expect(ips()).toEqual(['10.0.1.11']);
  });

  it('reports a foreign instance with the address, and leaves it as it is', async () => {
    const attributes = { AWS_INSTANCE_IPV4: '10.0.1.11', AWS_INSTANCE_PORT: '80', 'kong-privatelink:owner': 'other' };
    estate.world.cloudMap.registerInstance({ serviceId: employees.id, id: 'by-hand', attributes });
    estate.addEndpoint('sd2', ['10.0.1.11', '10.0.2.11']);

    const diff = await estate.run('diff');
    const sync = await estate.run('sync');

    expect(diff.out).toContain('conflict');
    expect(sync.exitCode).toBe(4);
    expect(sync.out).toContain("10.0.1.11:80 exists already without this owner's tags and is left as it is");
    expect(instances()).toMatchObject([
      { id: 'by-hand', attributes },
      { attributes: { AWS_INSTANCE_IPV4: '10.0.2.11' } },
    ]);
  });

  it.each([
    [{ namespace: 'nowhere' }, 'there is no Cloud Map namespace nowhere; create it'],
    [{ service: 'nothing' }, 'namespace shared has no service nothing; create it'],
  ])('fails alone when there is no %j', async (over, message) => {
    estate.addEndpoint('sd2', ['10.0.1.11']);
    publish(over);

    const sync = await estate.run('sync');
    const diff = await estate.run('diff');

    expect(sync.exitCode).toBe(4);
    expect(sync.out).toContain(`region us-east-1: ${message}`);
    expect(estate.konnect.entities('prod', 'targets')).toMatchObject([{ target: '10.0.1.11:80' }]);
    expect(diff.exitCode).toBe(4);
  });

  it('writes with a role to a namespace that another account shares', async () => {
    const owning = { account: '444444444444', region };
    const { cloudMap } = estate.world;
    const namespace = cloudMap.createNamespace({ ...owning, name: 'central', sharedWith: ['333333333333'] });
    const service = cloudMap.createHttpService({ namespaceId: namespace.id, name: 'directory' });
    const { arn } = estate.world.createRole({ account: '333333333333', name: 'publish', externalId: 'hub' });
    publish({ namespace: namespace.arn, service: 'directory', roleArn: arn, externalId: 'hub' });
    const endpointId = estate.addEndpoint('sd2', ['10.0.1.11']);

    const first = await estate.run('sync');
    const registered = cloudMap.instances(service.id);
    estate.world.setState(endpointId, 'failed');
    const second = await estate.run('sync');

    expect([first.exitCode, second.exitCode]).toEqual([0, 0]);
    expect(registered).toMatchObject([{ attributes: { AWS_INSTANCE_IPV4: '10.0.1.11' } }]);
    expect(cloudMap.instances(service.id)).toEqual([]);
  });

  it('is ignored by a source of its own owner, and read by another owner', async () => {
    estate.addEndpoint('sd2', ['10.0.1.11']);
    await estate.run('sync');
    const { aws, konnect } = estate;
    const registryOf = (owner: string) => `owner: ${owner}
sources: [{ name: registry, type: cloud-map, regions: [${region}], namespace: shared, endpoint: "${aws.url}" }]
controlPlane: { type: konnect, address: "${konnect.url}", name: prod, token: "\${KONNECT_TOKEN}" }
`;

    estate.configure(registryOf('test'));
    const own = await estate.run('discover', '--json');
    estate.configure(registryOf('other'));
    const others = await estate.run('discover', '--json');

    expect(own.out).not.toContain('10.0.1.11');
    expect(JSON.parse(others.out).endpoints).toMatchObject([
      { domain: 'sd2', port: 80, addresses: [{ ip: '10.0.1.11', zoneId: 'use1-az1' }] },
    ]);
  });
});
