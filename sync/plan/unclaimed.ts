import { groupBy } from '#core/group-by';
import type { Snapshot } from '#core/model';
import { knownEndpoints, knownQuarantined, unknownScopes } from '#core/snapshot';
import type { Document } from '#deck/document';
import { nameOf } from '#deck/document';

/** Names in the configuration, and where they could be found. */
export type Named = {
  readonly snapshot: Snapshot;
  readonly desired: Document;
  /** Held entities, and entities that would be desired without a pin. */
  readonly known: Document;
  /** Domains with settings. */
  readonly configured: readonly string[];
  /** Domains that are published to Cloud Map. */
  readonly published: readonly string[];
  /** Entries: domains and entities. */
  readonly protect: readonly string[];
  /** Absent: the configuration has no contract. */
  readonly contracts?: Contract;
};

type Contract = {
  readonly services: readonly { readonly domains?: readonly string[] }[];
  readonly consumers: Readonly<Record<string, { readonly calls: readonly string[] }>>;
};

const unclaimedEnd =
  ': no endpoint that can be used claims this domain; correct the name, or give the domain an endpoint';
const unfoundEnd = ': nothing with that name is discovered or held; correct the name, or remove it (unprotect)';

/** Whether a pass makes this warning only when it could read all scopes. */
export function isOfUnclaimed(warning: string): boolean {
  return warning.endsWith(unclaimedEnd) || warning.endsWith(unfoundEnd);
}

/**
 * Warnings about names in the configuration that nothing matches, most likely typing errors. None
 * while a scope is unknown.
 */
export function unclaimed(named: Named): readonly string[] {
  if (unknownScopes(named.snapshot).length > 0) return [];
  const claimed = new Set(named.desired.map((one) => one.domain));
  const configured = [
    ...named.configured.map((domain) => ({ domain, where: `domains.${domain}` })),
    ...named.published.map((domain) => ({ domain, where: `publish, domain ${domain}` })),
    ...(named.contracts ? calledIn(named.contracts) : []),
  ];
  return [
    ...configured.filter(({ domain }) => !claimed.has(domain)).map(({ where }) => `${where}${unclaimedEnd}`),
    ...unfound(named).map((entry) => `protect, ${entry}${unfoundEnd}`),
  ];
}

/**
 * Domains that consumers may call, each with its keys in the configuration. Domains of a provider's
 * own service are known from `services`.
 */
function calledIn({ services, consumers }: Contract) {
  const served = new Set(services.flatMap(({ domains = [] }) => domains));
  const callers = Object.entries(consumers).flatMap(([name, { calls }]) => calls.map((domain) => ({ name, domain })));
  return [...groupBy(callers, ({ domain }) => domain)]
    .filter(([domain]) => !served.has(domain))
    .map(([domain, group]) => {
      const keys = group.map(({ name }) => `contracts.consumers.${name}.calls`);
      return { domain, where: `${keys.join(', ')}: ${domain}` };
    });
}

function unfound({ protect, snapshot, desired, known: others }: Named): readonly string[] {
  if (protect.length === 0) return [];
  const entities = [...desired, ...others];
  const known = new Set([
    ...entities.flatMap((one) => [one.domain, nameOf(one)]),
    ...[...knownEndpoints(snapshot), ...knownQuarantined(snapshot)].map((one) => one.domain),
  ]);
  return protect.filter((entry) => !known.has(entry));
}
