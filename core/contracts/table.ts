import { compareText } from '../addresses/targets';

/** One endpoint in a table of callers. */
export type TableEntry = {
  readonly consumer: string;
  /** The account of the endpoint; absent where AWS does not say. */
  readonly account?: string;
  readonly endpointId: string;
};

/**
 * The text of a table for the plugin `privatelink-callers`. It has a line for each consumer and
 * account: name, account (`-`: unknown) and endpoint ids, separated by one space. Equal entries
 * give equal bytes. Without entries the text is empty.
 */
export function writeTable(entries: readonly TableEntry[]): string {
  const lines = new Map<string, Set<string>>();
  for (const { consumer, account = '-', endpointId } of entries) {
    const head = `${consumer} ${account}`;
    const ids = lines.get(head) ?? new Set();
    lines.set(head, ids.add(endpointId));
  }
  return [...lines]
    .sort(([one], [other]) => compareText(one, other))
    .map(([head, ids]) => `${head} ${[...ids].sort(compareText).join(' ')}`)
    .join('\n');
}

const line = /^([a-z0-9-]+) (\d{12}|-)((?: vpce-[0-9a-f]+)+)$/;

/** Parses a table; undefined: the table is broken, and allows nobody. */
export function parseTable(text: string): readonly TableEntry[] | undefined {
  if (text === '') return [];
  const entries: TableEntry[] = [];
  for (const one of text.split('\n')) {
    const [, consumer, account, ids] = line.exec(one) ?? [];
    if (consumer === undefined || ids === undefined) return undefined;
    const owner = account === '-' ? undefined : account;
    for (const endpointId of ids.slice(1).split(' ')) entries.push({ consumer, account: owner, endpointId });
  }
  return entries;
}
