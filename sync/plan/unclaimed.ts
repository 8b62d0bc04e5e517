import { groupBy } from '#core/group-by';
import type { Snapshot } from '#core/model';
import { knownEndpoints, knownQuarantined, unknownScopes } from '#core/snapshot';
import type { Document } from '#deck/document';
import { nameOf } from '#deck/document';

/** What the configuration names, and where it could be found. */
export type Named = {
  readonly snapshot: Snapshot;
  readonly desired: Document;
  /** What is held, and what would be desired without a pin. */
  readonly known: Document;
  /** Domains with settings. */
  readonly configured: readonly string[];
  /** Domains that are published. */
  readonly published: readonly string[];
  /** Domains and entities. */
  readonly protect: readonly string[];
  /** Absent: there is no contract. */
  readonly contracts?: Contract;
};

type Contract = {
  readonly services: readonly { readonly domains?: readonly string[] }[];
  readonly consumers: Readonly<Record<string, { readonly calls: readonly string[] }>>;
};

const unclaimedEnd =
  ': no endpoint that can be used claims this domain; correct the name, or give the domain an endpoint';
const unfoundEnd = ': nothing with that name is discovered or held; correct the name, or remove it (unprotect)';

/** Whether a warning is one that a pass makes only where it could read all scopes. */
export function isOfUnclaimed(warning: string): boolean {
  return warning.endsWith(unclaimedEnd) || warning.endsWith(unfoundEnd);
}

/** What the configuration names and nobody knows, where all scopes were read: most likely a typing error. */
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

/** Each domain that somebody may call, with who; what a provider's own service is said to lead to is known by that. */
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
