import type { ContractsConfig } from '#config/contracts';
import type { Config } from '#config/schema';
import type { AwsAccess } from '#discovery/aws/access';
import { createCallBudget } from '#discovery/aws/call-budget';
import { lazyEc2Client } from '#discovery/aws/clients';
import { type ContractsReaderOptions, openContracts } from '#discovery/contracts/open';
import { scopeOfService } from '#discovery/contracts/places';
import type { ContractsReader } from '#discovery/contracts/reader';
import { type ContractWriter, createContractWriter } from './contract-writer';

/** The services of `contracts`, and the access to them. */
export type Contracts = {
  readonly config: ContractsConfig;
  /** As in ContractsReader. */
  readonly read: ContractsReader['read'];
  /** Absent: services are only read, and the pass plans and reports nothing about them. */
  readonly writer?: ContractWriter;
};

type Opening = Parameters<typeof openContracts>[0] & Pick<Config, 'contracts'>;

/** Opens the services of the configuration; undefined without `contracts`. No IO. */
export function openServices(config: Opening, options: ContractsReaderOptions): Contracts | undefined {
  const reader = openContracts(config, options);
  if (!reader || !config.contracts) return undefined;
  return { config: config.contracts, read: reader.read, writer: openWriter(config.contracts, options.aws) };
}

/** Returns the services without the writer, for callers that plan nothing. */
export function onlyRead(contracts: Contracts | undefined): Contracts | undefined {
  return contracts && { config: contracts.config, read: contracts.read };
}

/** AWS grants these calls ten at once, then one a second, in each account and region. */
const granted = { burst: 10, perSecond: 1 };

function openWriter({ services }: ContractsConfig, { clock, credentials }: AwsAccess): ContractWriter {
  const accesses = services.map((service) => {
    const scope = scopeOfService(service);
    return {
      serviceId: service.id,
      scope,
      client: lazyEc2Client({ scope, endpoint: service.endpoint, credentials }),
    };
  });
  return createContractWriter(accesses, createCallBudget({ clock, ...granted }));
}
