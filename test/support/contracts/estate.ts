import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { configSchema } from '#config/schema';
import type { ServiceState } from '#core/contracts/model';
import { createAwsAccess } from '#discovery/aws/access';
import { openContracts } from '#discovery/contracts/open';
import { type AwsServer, startAws } from '#sandbox/aws/server';
import type { ServiceSpec } from '#sandbox/aws/world/services';
import { type AwsWorld, createWorld } from '#sandbox/aws/world/world';
import { keysOf } from '../aws/keys';
import { createFakeClock } from '../passes';

export const providerAccount = '222222222222';
export const region = 'us-east-1';

/** An embedded AWS with services of the provider's account, and what reads them. */
export type ContractsEstate = Awaited<ReturnType<typeof openContractsEstate>>;

export type ReaderOver = {
  readonly pageSize?: number;
  readonly isReadOnly?: boolean;
  readonly scopeTimeoutSeconds?: number;
  readonly owner?: string;
  readonly consumers?: Readonly<Record<string, unknown>>;
};

export async function openContractsEstate() {
  const world: AwsWorld = createWorld();
  const aws: AwsServer = await startAws(world);
  const stateDir = mkdtempSync(join(tmpdir(), 'kong-privatelink-'));
  const clock = createFakeClock(1_700_000_000_000);
  Object.assign(process.env, keysOf(providerAccount), { AWS_MAX_ATTEMPTS: '1' });

  const configOf = (services: readonly Readonly<Record<string, unknown>>[], over: ReaderOver = {}) =>
    configSchema.parse({
      owner: over.owner ?? 'test',
      stateDir,
      sources: [{ type: 'vpc-endpoints', name: 'hub', regions: [region] }],
      controlPlane: { type: 'konnect', name: 'prod', token: 'kpat_test' },
      discovery: { scopeTimeoutSeconds: over.scopeTimeoutSeconds ?? 30 },
      contracts: {
        services: services.map((one) => ({ region, endpoint: aws.url, ...one })),
        consumers: over.consumers ?? {},
      },
    });

  return {
    world,
    aws,
    stateDir,
    clock,
    configOf,
    createService: (over: Partial<ServiceSpec> = {}) =>
      world.createService({ account: providerAccount, region, acceptanceRequired: true, ...over }),
    connect: (serviceName: string, account: string) =>
      world.createEndpoint({ account, region, serviceName, interfaces: [{ zoneId: 'use1-az1' }] }).id,
    /** A reader as a new process has it. */
    reader: (services: readonly Readonly<Record<string, unknown>>[], over: ReaderOver = {}) => {
      const reader = openContracts(configOf(services, over), { aws: createAwsAccess(clock), ...over });
      if (!reader) throw new Error('the configuration has contracts');
      return reader;
    },
    close: async () => {
      await aws.close();
      rmSync(stateDir, { recursive: true });
    },
  };
}

/** The state of the one service that was read. */
export function onlyService({ services }: { readonly services: readonly ServiceState[] }): ServiceState {
  const [service] = services;
  if (!service || services.length !== 1) throw new Error(`${services.length} services were read`);
  return service;
}
