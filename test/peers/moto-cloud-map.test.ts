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
import { createDiscoverer } from '../../discovery/discover';
import { createSources } from '../../discovery/sources';
import { cloudMapConfig } from '../support/cloud-map';
import { describeWithMoto, type Moto, motoCredentials, startMoto } from '../support/moto';
import { createFakeClock } from '../support/passes';

const region = 'us-east-1';

describeWithMoto('discovery of Cloud Map against moto', () => {
  let moto: Moto;
  let cloudMap: ServiceDiscoveryClient;

  beforeAll(async () => {
    moto = await startMoto();
    cloudMap = new ServiceDiscoveryClient({
      region,
      endpoint: moto.url,
      credentials: motoCredentials,
      disableHostPrefix: true,
    });
  }, 60_000);

  afterAll(() => {
    cloudMap?.destroy();
    moto?.close();
  });

  /** What is known of each endpoint, by its id. */
  async function discover() {
    const clock = createFakeClock();
    const source = cloudMapConfig({ endpoint: moto.url });
    const discoverer = createDiscoverer(createSources({ owner: 'moto', sources: [source] }, { clock }), { clock });
    const { scopes } = await discoverer.discover(new AbortController().signal);
    const endpoints = scopes.flatMap((one) => (one.status === 'known' ? one.discovered.endpoints : []));
    return Object.fromEntries(
      endpoints.map((one) => [one.id, [one.domain, one.state, one.port, ...one.addresses.map(({ ip }) => ip)]]),
    );
  }

  it('finds what is registered, follows health, and sees what is deregistered', async () => {
    const ServiceId = await createService(cloudMap);
    for (const index of Array.from({ length: 120 }, (_, i) => i + 1)) {
      const Attributes = { AWS_INSTANCE_IPV4: `10.0.0.${index}`, AWS_INSTANCE_PORT: '8080' };
      await cloudMap.send(new RegisterInstanceCommand({ ServiceId, InstanceId: `i-${index}`, Attributes }));
    }

    const first = await discover();
    await cloudMap.send(
      new UpdateInstanceCustomHealthStatusCommand({ ServiceId, InstanceId: 'i-1', Status: 'UNHEALTHY' }),
    );
    await cloudMap.send(new DeregisterInstanceCommand({ ServiceId, InstanceId: 'i-2' }));
    const second = await discover();

    expect(Object.keys(first)).toHaveLength(120);
    expect(first[`${ServiceId}.i-120`]).toEqual(['employees', 'available', 8080, '10.0.0.120']);
    expect(Object.keys(second)).toHaveLength(119);
    expect(second[`${ServiceId}.i-1`]).toEqual(['employees', 'partial', 8080, '10.0.0.1']);
    expect(second).not.toHaveProperty([`${ServiceId}.i-2`]);
  });
});

/** A service with a health check in the namespace `shared`. */
async function createService(cloudMap: ServiceDiscoveryClient): Promise<string> {
  const { OperationId } = await cloudMap.send(new CreateHttpNamespaceCommand({ Name: 'shared' }));
  const { Operation } = await cloudMap.send(new GetOperationCommand({ OperationId }));
  const { Service } = await cloudMap.send(
    new CreateServiceCommand({
      Name: 'employees',
      NamespaceId: Operation?.Targets?.NAMESPACE,
      HealthCheckCustomConfig: { FailureThreshold: 1 },
    }),
  );
  return Service?.Id ?? '';
}
