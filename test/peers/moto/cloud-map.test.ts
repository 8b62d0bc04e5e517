import {
  CreateHttpNamespaceCommand,
  CreateServiceCommand,
  DeregisterInstanceCommand,
  GetOperationCommand,
  RegisterInstanceCommand,
  ServiceDiscoveryClient,
  UpdateInstanceCustomHealthStatusCommand,
} from '@aws-sdk/client-servicediscovery';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { createAwsAccess } from '#discovery/aws/access';
import { createDiscoverer } from '#discovery/discover';
import { createSources } from '#discovery/sources';
import { openPublications } from '#sync/publish/open-publications';
import { cloudMapConfig } from '../../support/aws/cloud-map';
import { describeWithMoto, type Moto, motoCredentials, startMoto } from '../../support/aws/moto';
import { endpointOf, knownScope } from '../../support/builders';
import { createFakeClock, createPasses } from '../../support/passes';

const region = 'us-east-1';

describeWithMoto('Cloud Map against moto', () => {
  let moto: Moto;
  let cloudMap: ServiceDiscoveryClient;
  let NamespaceId: string | undefined;

  beforeAll(async () => {
    moto = await startMoto();
    cloudMap = new ServiceDiscoveryClient({
      region,
      endpoint: moto.url,
      credentials: motoCredentials,
      disableHostPrefix: true,
    });
    const { OperationId } = await cloudMap.send(new CreateHttpNamespaceCommand({ Name: 'shared' }));
    const { Operation } = await cloudMap.send(new GetOperationCommand({ OperationId }));
    NamespaceId = Operation?.Targets?.NAMESPACE;
  }, 60_000);

  afterAll(() => {
    cloudMap?.destroy();
    moto?.close();
  });

  /** What is known of each endpoint, by its id. */
  async function discover(service: string) {
    const clock = createFakeClock();
    const source = cloudMapConfig({ endpoint: moto.url, services: [service] });
    const discoverer = createDiscoverer(createSources({ owner: 'moto', sources: [source] }, { clock }), { clock });
    const { scopes } = await discoverer.discover(new AbortController().signal);
    const endpoints = scopes.flatMap((one) => (one.status === 'known' ? one.discovered.endpoints : []));
    return Object.fromEntries(
      endpoints.map((one) => [one.id, [one.domain, one.state, one.port, ...one.addresses.map(({ ip }) => ip)]]),
    );
  }

  it('finds registered instances, follows their health, and loses deregistered instances', async () => {
    const ServiceId = await createService(cloudMap, NamespaceId, 'employees');
    for (const index of Array.from({ length: 120 }, (_, i) => i + 1)) {
      const Attributes = { AWS_INSTANCE_IPV4: `10.0.0.${index}`, AWS_INSTANCE_PORT: '8080' };
      await cloudMap.send(new RegisterInstanceCommand({ ServiceId, InstanceId: `i-${index}`, Attributes }));
    }

    const first = await discover('employees');
    await cloudMap.send(
      new UpdateInstanceCustomHealthStatusCommand({ ServiceId, InstanceId: 'i-1', Status: 'UNHEALTHY' }),
    );
    await cloudMap.send(new DeregisterInstanceCommand({ ServiceId, InstanceId: 'i-2' }));
    const second = await discover('employees');

    expect(Object.keys(first)).toHaveLength(120);
    expect(first[`${ServiceId}.i-120`]).toEqual(['employees', 'available', 8080, '10.0.0.120']);
    expect(Object.keys(second)).toHaveLength(119);
    expect(second[`${ServiceId}.i-1`]).toEqual(['employees', 'partial', 8080, '10.0.0.1']);
    expect(second).not.toHaveProperty([`${ServiceId}.i-2`]);
  });

  it('finds the instances that the product registers, replaces and deregisters', async () => {
    await createService(cloudMap, NamespaceId, 'published');
    const place = { namespace: 'shared', service: 'published', domain: 'sd2', region, endpoint: moto.url };
    const publications = openPublications({ publish: [place], owner: 'test' }, createAwsAccess(createFakeClock()));
    const { pass } = createPasses({ publications });
    const [first, second] = [
      endpointOf(),
      endpointOf({ id: 'vpce-2', port: 8080, addresses: [{ ip: '10.0.3.11', region }] }),
    ];

    await pass(knownScope([first]));
    const registered = await discover('published');
    const report = await pass(knownScope([{ ...first, state: 'deleted' }, second]));
    const replaced = await discover('published');
    const again = await pass(knownScope([{ ...first, state: 'deleted' }, second]));

    expect(Object.values(registered).sort()).toEqual([
      ['sd2', 'available', 80, '10.0.1.11'],
      ['sd2', 'available', 80, '10.0.2.11'],
    ]);
    expect(report.publications?.[0]?.applied?.map(({ outcome }) => outcome)).toEqual(['applied', 'applied', 'applied']);
    expect(Object.values(replaced)).toEqual([['sd2', 'available', 8080, '10.0.3.11']]);
    expect(again.publications).toEqual([expect.not.objectContaining({ error: expect.anything() })]);
    expect(again.publications?.[0]?.changes).toEqual([]);
  });
});

/** A service with a health check. */
async function createService(
  cloudMap: ServiceDiscoveryClient,
  NamespaceId: string | undefined,
  Name: string,
): Promise<string> {
  const HealthCheckCustomConfig = { FailureThreshold: 1 };
  const { Service } = await cloudMap.send(new CreateServiceCommand({ Name, NamespaceId, HealthCheckCustomConfig }));
  return Service?.Id ?? '';
}
