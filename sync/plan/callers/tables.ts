import type { ContractsConfig } from '#config/contracts';
import { compareText } from '#core/addresses/targets';
import { consumersBy } from '#core/contracts/consumers';
import { type ContractsView, lastKnown, type ServiceState } from '#core/contracts/model';
import { parseTable, type TableEntry, writeTable } from '#core/contracts/table';
import { parseEndpointState } from '#core/endpoint-states';
import { groupBy } from '#core/group-by';
import { type CallersSettings, type CallersTables, isCallers, tablesIn } from '#deck/callers/entity';
import type { HeldEntity } from '#deck/document';

/** Who may call whom, and who is connected. */
export type CallersInput = {
  readonly contracts: Pick<ContractsConfig, 'consumers' | 'mode' | 'onMissing'>;
  readonly view: ContractsView;
};

/** What makes the entities of the plugin in this pass. */
export type Callers = {
  readonly settings: CallersSettings;
  /** Tables of a domain for an entity with these exceptions. */
  tablesOf(domain: string, exceptions: readonly string[]): CallersTables;
};

/**
 * The tables of all domains: endpoints that are connected, as last known, and in the contract now. A service whose connections were never known adds none and
 * removes none: of it counts what is held. Undefined where no service is the gateway's: then nobody comes in through one.
 */
export function callersFrom(
  { contracts: { consumers, mode, onMissing }, view }: CallersInput,
  held: readonly HeldEntity[],
): Callers | undefined {
  const ways = view.services.filter(({ domains }) => domains === undefined);
  if (ways.length === 0) return undefined;
  const consumerOf = consumersBy(consumers);
  const connected = [...connectedTo(ways), ...heldBeside(ways, held)].flatMap((one) => {
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

function connectedTo(services: readonly ServiceState[]): readonly Caller[] {
  return services
    .flatMap(({ connections }) => lastKnown(connections) ?? [])
    .filter(({ state }) => parseEndpointState(state) === 'available');
}

/** What tables hold of services that were never known; what another service knows is not asked of them. */
function heldBeside(services: readonly ServiceState[], held: readonly HeldEntity[]): readonly Caller[] {
  const known = services.map(({ connections }) => lastKnown(connections));
  if (known.every((one) => one !== undefined)) return [];
  const told = new Set(known.flatMap((one) => (one ?? []).map(({ endpointId }) => endpointId)));
  const texts = new Set(
    held.filter(isCallers).flatMap((one) => {
      const { callers, others } = tablesIn(one);
      return [callers, others];
    }),
  );
  const entries = [...texts].flatMap((text) => parseTable(text) ?? []);
  return [...new Map(entries.map((one) => [one.endpointId, one])).values()].filter((one) => !told.has(one.endpointId));
}

/** Gives the text of the endpoints of some consumers: domains that the same ones may call share one. */
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
