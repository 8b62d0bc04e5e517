import { parseTable, writeTable } from '#core/contracts/table';
import type { CallersTables } from '#deck/callers/entity';
import type { Entity } from '#deck/document';
import type { Kept } from '../changes';

/**
 * Largest tables of one domain, and of all domains together, in bytes. In hybrid mode a data plane
 * refuses a configuration over 16 MiB (Kong's `cluster_max_payload`). An Admin API refuses a body
 * over 10 MiB (`nginx_admin_client_max_body_size`). The other entities need room too.
 */
const mostBytes = 1024 * 1024;
const mostTogether = 8 * mostBytes;

/** An entity with its held tables (`before`) and the tables that it should have. */
export type TableFilling = { readonly entity: Entity; readonly before: CallersTables; readonly wanted: CallersTables };

/**
 * Returns the tables for each entity, in the same order. A table over the limit loses endpoints
 * that have to leave, and gets no new endpoint; `kept` says why.
 */
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
  // Endpoints that stay get room first.
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

/**
 * Returns the wanted endpoints that a held table already has, even under another consumer or
 * without permission.
 */
function onlyHeld({ before, wanted }: TableFilling): CallersTables {
  const entriesIn = (text: string) => parseTable(text) ?? [];
  const ids = new Set([before.callers, before.others].flatMap(entriesIn).map(({ endpointId }) => endpointId));
  const held = (text: string) => writeTable(entriesIn(text).filter(({ endpointId }) => ids.has(endpointId)));
  return { callers: held(wanted.callers), others: held(wanted.others) };
}
