import { askedAt } from '#core/addresses/loopback';
import { compareText } from '#core/addresses/targets';
import { settleDomains } from '#core/claims/settle';
import { serviceName } from '#core/names';
import { viaOf } from '#deck/via';
import { createResolver, dnsCodeOf } from '#discovery/providers/resolver';
import { concurrently } from '#io/concurrently';
import { type Diagnosis, ok, warning } from '../control-planes/diagnosis';
import type { Context } from './context';

/** Names in parallel. */
const namesAtOnce = 8;
/** Unresolved names that are listed one by one. */
const mostTold = 5;

/**
 * Checks the needs of data planes for domains via resolver, and whether the names resolve, as far
 * as this machine reaches the resolver.
 */
export async function checkNames({ config, snapshot }: Context, signal: AbortSignal): Promise<readonly Diagnosis[]> {
  const { domains, via, resolver } = config;
  if (via !== 'resolver' && !Object.values(domains).some((one) => one.via === 'resolver')) return [];
  const { domains: found } = settleDomains(await snapshot);
  const named = found.filter(({ name }) => viaOf(domains[name], via) === 'resolver');
  const names = named.map(({ name }) => serviceName(name, resolver.suffix)).sort(compareText);
  const server = askedAt(resolver.listen);
  return [...needsOf(server), ...(await askNames(names, server, signal))];
}

/**
 * Needs of both DNS clients of Kong 3.9, as measured (docs/resolver.md). SRV carries addresses of
 * IPv6 too, so Kong never asks for AAAA.
 */
function needsOf(server: string): readonly Diagnosis[] {
  return [
    ok(`each data plane needs the resolver beside it, dns_resolver=${server}, and SRV in dns_order (the default)`),
    warning(
      `a data plane with new_dns_client=on needs resolver_address=${server} instead, and follows a change after up to 90 s: keep new_dns_client=off where seconds matter`,
    ),
  ];
}

/** Asks for one name first. Where the resolver is out of reach, other names tell nothing more. */
async function askNames(names: readonly string[], server: string, signal: AbortSignal): Promise<readonly Diagnosis[]> {
  const [first, ...others] = names;
  if (first === undefined) return [];
  const ask = async (name: string) => ({ name, why: await whyUnresolved(name, server, signal) });
  const asked = await ask(first);
  const all = asked.why?.isSilent
    ? [asked]
    : [asked, ...(await concurrently(others, { limit: namesAtOnce, signal }, ask))];
  const unresolved = all.flatMap(({ name, why }) => (why ? [{ name, reason: why.reason }] : []));
  if (unresolved.length > 0) return unresolvedAt(server, unresolved);
  return [ok(`${server} resolves the names of all domains via resolver: ${names.length}`)];
}

type UnresolvedName = { readonly name: string; readonly reason: string };

/** Returns a warning for each of the first names, with the question to ask on a data plane. */
function unresolvedAt(server: string, unresolved: readonly UnresolvedName[]): readonly Diagnosis[] {
  const [, ip, port] = /^\[?(.*?)\]?:(\d+)$/.exec(server) ?? [];
  const told = unresolved
    .slice(0, mostTold)
    .map(({ name, reason }) => warning(`${server} ${reason}; on a data plane, ask: dig @${ip} -p ${port} SRV ${name}`));
  const more = unresolved.length - told.length;
  return more > 0 ? [...told, warning(`${more} more names do not resolve at ${server}`)] : told;
}

type Unresolved = { readonly reason: string; readonly isSilent: boolean };

async function whyUnresolved(name: string, server: string, signal: AbortSignal): Promise<Unresolved | undefined> {
  try {
    const records = await createResolver([server]).resolveSrv(name, signal);
    return records.length > 0 ? undefined : { reason: `has no SRV record for ${name}`, isSilent: false };
  } catch (thrown) {
    signal.throwIfAborted();
    const code = dnsCodeOf(thrown);
    const isSilent = code !== 'ESERVFAIL';
    const reason = isSilent ? `does not answer from here (${code})` : `cannot resolve ${name} (${code})`;
    return { reason, isSilent };
  }
}
