import { randomUUID } from 'node:crypto';
import type { AddressesFor } from '../aws/world/state';
import type { Loopback } from '../network/loopback';
import { type Provider, startProvider } from '../network/providers';
import type { Experiment } from './estate';

/** A provider at the end of a chain. It answers with its name, the request's path, and a nonce. */
export function startDomain(domain: string, addresses: readonly string[], port?: number): Promise<Provider> {
  const handle = async ({ path }: { readonly path: string }) => ({ body: { domain, path, nonce: randomUUID() } });
  return startProvider({ addresses, port, handle });
}

/**
 * The headline act: people write tags, and here they write one more path. `rest`: more words for
 * the command.
 */
export function tagPaths(id: string, paths: readonly string[], rest = ''): Experiment {
  const tags = `'Key=kong:path,Value=${paths.join(' ')}'`;
  return {
    what: `lead ${paths.at(-1)} to the domain of ${paths[0]}`,
    command: `aws ec2 create-tags${rest} --resources ${id} --tags ${tags}`,
  };
}

/** Addresses of a provider as network interfaces, one in each zone. */
export function interfacesIn(zoneIds: readonly string[], { addresses }: Pick<Provider, 'addresses'>) {
  return addresses.map((ip, index) => ({ ip, zoneId: zoneIds[index] ?? '' }));
}

/**
 * An endpoint created by hand reaches the service's provider at that time, at addresses of its own.
 */
export function answering({ allot }: Loopback, provider: () => Provider | undefined): AddressesFor {
  return (count) => {
    const addresses = allot(count);
    provider()?.answerAt(addresses);
    return addresses;
  };
}

/** Tags that lead to a provider. */
export function tagsOf(domain: string, { port }: Pick<Provider, 'port'>, path?: string) {
  return { 'kong:domain': domain, 'kong:port': String(port), ...(path !== undefined && { 'kong:path': path }) };
}
