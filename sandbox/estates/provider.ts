import { randomUUID } from 'node:crypto';
import { type Provider, startProvider } from '../network/providers';

/** A provider at the end of a chain: it answers with its name, the path that reached it, and what it makes up for this request. */
export function startDomain(domain: string, addresses: readonly string[], port?: number): Promise<Provider> {
  const handle = async ({ path }: { readonly path: string }) => ({ body: { domain, path, nonce: randomUUID() } });
  return startProvider({ addresses, port, handle });
}

/** Addresses of a provider as network interfaces, one in each zone. */
export function interfacesIn(zoneIds: readonly string[], { addresses }: Pick<Provider, 'addresses'>) {
  return addresses.map((ip, index) => ({ ip, zoneId: zoneIds[index] ?? '' }));
}

/** Tags that lead to a provider. */
export function tagsOf(domain: string, { port }: Pick<Provider, 'port'>, path?: string) {
  return { 'kong:domain': domain, 'kong:port': String(port), ...(path !== undefined && { 'kong:path': path }) };
}
