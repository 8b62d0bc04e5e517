import type { EndpointService } from '#sandbox/aws/world/model';
import { defaultConfig, type Estate, gatewayAccount, openEstate, region } from '../estate';
import { accounts } from './builders';

/**
 * An estate with an endpoint service in front of domain sd2, as a provider has it. Accounts connect
 * to it.
 */
export type ContractsWorld = Estate & {
  readonly service: EndpointService;
  /** Writes the configuration with this block in it, and more keys of the first level. */
  contract(over?: Readonly<Record<string, unknown>>, more?: string): void;
  /** An endpoint of the account at the service; gives its id. */
  connect(account: string): string;
  stateOf(endpointId: string): string | undefined;
  principals(): readonly string[];
  /** The names of writing calls at AWS. */
  writes(): readonly string[];
};

const writing = /^(Accept|Reject|Modify)/;

export async function openContractsWorld(): Promise<ContractsWorld> {
  const estate = await openEstate();
  const { world, aws } = estate;
  const service = world.createService({ account: gatewayAccount, region, acceptanceRequired: true });
  const contract = (over: Readonly<Record<string, unknown>> = {}, more = '') =>
    estate.configure(`${defaultConfig(estate)}contracts: ${JSON.stringify(blockOf(estate, service, over))}\n${more}`);
  contract();
  return {
    ...estate,
    service,
    contract,
    connect: (account) =>
      world.createEndpoint({ account, region, serviceName: service.name, interfaces: [{ zoneId: 'use1-az1' }] }).id,
    stateOf: (id) => world.endpoint(id)?.state,
    principals: () =>
      world
        .services({ account: gatewayAccount, region })
        .filter(({ id }) => id === service.id)
        .flatMap(({ principals }) => principals.map(({ principal }) => principal)),
    writes: () => aws.calls.map(({ action }) => action).filter((action) => writing.test(action)),
  };
}

function blockOf({ aws }: Estate, { id }: EndpointService, over: Readonly<Record<string, unknown>>) {
  return {
    services: [{ id, region, endpoint: aws.url, domains: ['sd2'] }],
    consumers: { sd1: { accounts: [accounts.sd1], calls: ['sd2'] } },
    ...over,
  };
}
