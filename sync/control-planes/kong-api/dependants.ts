import type { HeldEntity } from '#deck/document';
import { type Item, itemSchema } from '#deck/held';
import type { EntityApi } from './lists';
import { entityPages, readPages } from './pages';
import { segmentOf } from './paths';

const items = entityPages(itemSchema);

/** Lists below an entity. Kong deletes their entities with it, or refuses because of them. */
const below: Readonly<Partial<Record<HeldEntity['kind'], readonly string[]>>> = {
  service: ['routes', 'plugins'],
  route: ['plugins'],
  upstream: ['targets'],
};

const parents = { service: 'services', route: 'routes', upstream: 'upstreams' } as const;

/**
 * Names entities below `leaving` that do not leave with it, one text each. Throws PrivatelinkError.
 */
export async function readDependants(
  { http, base }: EntityApi,
  leaving: readonly HeldEntity[],
  signal: AbortSignal,
): Promise<readonly string[]> {
  const ids = new Set(leaving.map((one) => one.id));
  const found: string[] = [];
  for (const { kind, key, id } of leaving) {
    if (kind === 'target' || kind === 'plugin') continue;
    for (const list of below[kind] ?? []) {
      const page = { path: `${base}/${parents[kind]}/${segmentOf(id)}/${list}`, shape: items };
      const others = (await readPages(http, page, signal)).filter((item) => !ids.has(item.id));
      found.push(...others.map((item) => `${list.slice(0, -1)} ${nameOfItem(item)} on ${kind} ${key}`));
    }
  }
  return found;
}

function nameOfItem({ name, target, id }: Item): string {
  return name ?? target ?? id;
}
