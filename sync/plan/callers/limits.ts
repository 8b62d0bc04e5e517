import { parseTable, writeTable } from '#core/contracts/table';
import type { CallersTables } from '#deck/callers/entity';
import type { Entity } from '#deck/document';
import type { Kept } from '../changes';

/**
 * Most bytes of the tables of one domain, and of all domains. A data plane in hybrid mode takes no configuration over 16 MiB (Kong's `cluster_max_payload`), and
 * an Admin API no body over 10 MiB (`nginx_admin_client_max_body_size`); all other entities need room as well.
 */
const mostBytes = 1024 * 1024;
const mostTogether = 8 * mostBytes;

/** An entity with the tables that it holds, and those that it should. */
export type TableFilling = { readonly entity: Entity; readonly before: CallersTables; readonly wanted: CallersTables };

/** The tables that each entity gets, in the same order. A table that would be too large loses what it has to, and gets no endpoint: `kept` says why. */
export function limitTables(fillings: readonly TableFilling[]): {
  readonly tables: readonly CallersTables[];
  readonly kept: readonly Kept[];
} {
  const sizes = fillings.map(({ wanted }) => sizeOf(wanted));
  const total = sum(sizes);
  const fits = total <= mostTogether && sizes.every((size) => size <= mostBytes);
  if (fits) return { tables: fillings.map(({ wanted }) => wanted), kept: [] };
  const kept: Kept[] = [];
  const smallest = fillings.map((one) => onlyHeld(one));
  // What stays has its room first.
  let spare = total <= mostTogether ? Number.POSITIVE_INFINITY : mostTogether - sum(smallest.map(sizeOf));
  const tables = fillings.map(({ entity, wanted }, index) => {
    const least = smallest[index] ?? wanted;
    const size = sizes[index] ?? 0;
    const growth = size - sizeOf(least);
    const isTooLarge = size > mostBytes;
    if (!isTooLarge && (growth === 0 || growth <= spare)) {
      spare -= growth;
      return wanted;
    }
    kept.push(isTooLarge ? tooLarge(entity, size) : tooLargeTogether(entity, total));
    return least;
  });
  return { tables, kept };
}

function sizeOf({ callers, others }: CallersTables): number {
  return Buffer.byteLength(callers) + Buffer.byteLength(others);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((one, other) => one + other, 0);
}

function mebibytes(bytes: number): string {
  return (bytes / 1024 / 1024).toFixed(1);
}

function tooLarge({ key, domain }: Entity, size: number): Kept {
  return {
    key,
    domain,
    reason: `its tables would have ${mebibytes(size)} MiB, more than 1 MiB: no endpoint is added; let fewer endpoints call this domain, or divide the domain`,
  };
}

function tooLargeTogether({ key, domain }: Entity, total: number): Kept {
  return {
    key,
    domain,
    reason: `the tables of all domains would have ${mebibytes(total)} MiB, more than 8 MiB: no endpoint is added here; let fewer endpoints call fewer domains, or use several gateways`,
  };
}

/** Of what is wanted, the endpoints that either table has already: under another consumer, or as one that may not call any more, too. */
function onlyHeld({ before, wanted }: TableFilling): CallersTables {
  const entriesIn = (text: string) => parseTable(text) ?? [];
  const ids = new Set([before.callers, before.others].flatMap(entriesIn).map(({ endpointId }) => endpointId));
  const held = (text: string) => writeTable(entriesIn(text).filter(({ endpointId }) => ids.has(endpointId)));
  return { callers: held(wanted.callers), others: held(wanted.others) };
}
