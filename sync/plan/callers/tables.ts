import type { ContractsConfig } from '#config/contracts';
import { compareText } from '#core/addresses/targets';
import { consumersBy } from '#core/contracts/consumers';
import { type ContractsView, lastKnown, type ServiceState } from '#core/contracts/model';
import { parseTable, type TableEntry, writeTable } from '#core/contracts/table';
import { dispositionOf, parseEndpointState } from '#core/endpoint-states';
import { groupBy } from '#core/group-by';
import type { EndpointState } from '#core/model';
import { lazy } from '#core/timing/lazy';
import { type CallersSettings, type CallersTables, isCallers, tablesIn } from '#deck/callers/entity';
import type { HeldEntity } from '#deck/document';

/** The contract, and the endpoints that are connected. */
export type CallersInput = {
  readonly contracts: Pick<ContractsConfig, 'consumers' | 'mode' | 'onMissing'>;
  readonly view: ContractsView;
};

/** Settings and tables for the plugin's entities in this pass. */
export type Callers = {
  readonly settings: CallersSettings;
  /** Returns the tables of a domain for an entity with these exceptions. */
  tablesOf(domain: string, exceptions: readonly string[]): CallersTables;
};

/**
 * Makes the tables of all domains from connected endpoints, as last known, that the contract names
 * now. A service with connections that were never known adds and removes nothing: held entries
 * stay. Undefined when no service belongs to the gateway, since no caller then arrives through
 * PrivateLink.
 */
export function callersFrom(
  { contracts: { consumers, mode, onMissing }, view }: CallersInput,
  held: readonly HeldEntity[],
): Callers | undefined {
  const ways = view.services.filter(({ domains }) => domains === undefined);
  if (ways.length === 0) return undefined;
  const consumerOf = consumersBy(consumers);
  const before = lazy(() => callersIn(held));
  const connected = [...connectedTo(ways, before), ...heldBeside(ways, before)].flatMap((one) => {
    const consumer = consumerOf(one);
    return consumer === undefined ? [] : [{ ...one, consumer }];
  });
  const names = Object.keys(consumers).sort(compareText);
  const textOf = textsBy(connected);
  const exceptions = names.filter((name) => (consumers[name]?.mode ?? mode) !== mode);
  return {
    settings: { mode, onMissing: onMissing ?? (mode === 'enforce' ? 'reject' : 'allow'), exceptions },
    tablesOf: (domain, others) => {
      const isCalling = (name: string) => consumers[name]?.calls.includes(domain) === true;
      const isOther = (name: string) => others.includes(name) && !isCalling(name);
      return { callers: textOf(names.filter(isCalling)), others: textOf(names.filter(isOther)) };
    },
  };
}

type Caller = Omit<TableEntry, 'consumer'>;

/**
 * Connected endpoints: the available ones, and held ones in a state that may pass, as while an
 * endpoint is modified and goes on serving.
 */
function connectedTo(services: readonly ServiceState[], held: () => HeldCallers): readonly Caller[] {
  const all = services
    .flatMap(({ connections }) => lastKnown(connections) ?? [])
    .flatMap(({ endpointId, account, state, misfit }) => {
      const known = parseEndpointState(state);
      if (known === 'available') return [{ endpointId, account }];
      const before = isStaying(known) ? held().get(endpointId) : undefined;
      // AWS's answer is unreadable here. An endpoint never changes its account, so the held account
      // is right.
      return before ? [{ endpointId, account: account ?? (misfit === undefined ? undefined : before.account) }] : [];
    });
  const doubtful = ofSeveralAccounts(all);
  return all.filter(({ endpointId }) => !doubtful.has(endpointId));
}

/**
 * Whether a held endpoint stays. An endpoint that waits for acceptance has no access, whatever it
 * had before.
 */
function isStaying(state: EndpointState): boolean {
  return state !== 'pendingAcceptance' && dispositionOf(state) === 'hold';
}

/**
 * Endpoints with different accounts at different services. Their owner is unknown, and an endpoint
 * that stands twice in a table breaks the table for everybody.
 */
function ofSeveralAccounts(callers: readonly Caller[]): ReadonlySet<string> {
  const accounts = new Map<string, string>();
  const doubtful = new Set<string>();
  for (const { endpointId, account } of callers) {
    if (account === undefined) continue;
    if ((accounts.get(endpointId) ?? account) !== account) doubtful.add(endpointId);
    accounts.set(endpointId, account);
  }
  return doubtful;
}

/**
 * Held entries of services that were never known. Known services answer for their own endpoints.
 */
function heldBeside(services: readonly ServiceState[], held: () => HeldCallers): readonly Caller[] {
  const known = services.map(({ connections }) => lastKnown(connections));
  if (known.every((one) => one !== undefined)) return [];
  const told = new Set(known.flatMap((one) => (one ?? []).map(({ endpointId }) => endpointId)));
  return [...held().values()].filter((one) => !told.has(one.endpointId));
}

/** Endpoints in any table, by id. */
type HeldCallers = ReadonlyMap<string, Caller>;

function callersIn(held: readonly HeldEntity[]): HeldCallers {
  const texts = new Set(
    held.filter(isCallers).flatMap((one) => {
      const { callers, others } = tablesIn(one);
      return [callers, others];
    }),
  );
  const entries = [...texts].flatMap((text) => parseTable(text) ?? []);
  return new Map(entries.map((one) => [one.endpointId, one]));
}

/**
 * Returns a function that makes the table text for some consumers. Domains with the same callers
 * share one text.
 */
function textsBy(connected: readonly TableEntry[]): (names: readonly string[]) => string {
  const byConsumer = groupBy(connected, ({ consumer }) => consumer);
  const lines = new Map([...byConsumer].map(([name, entries]) => [name, writeTable(entries)]));
  const texts = new Map<string, string>();
  return (names) => {
    const key = names.join(' ');
    const text = texts.get(key) ?? names.flatMap((name) => lines.get(name) ?? []).join('\n');
    texts.set(key, text);
    return text;
  };
}
