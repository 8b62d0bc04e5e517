import { z } from 'zod';
import type { Kind } from '../document';
import type { Item } from '../held';

const tags = z.array(z.string()).optional();
/** decK writes a reference as the name, or as an object with the name. */
const reference = z
  .union([
    z.string().transform((name) => ({ id: name })),
    z.looseObject({ name: z.string() }).transform((one) => ({ id: one.name })),
  ])
  .optional();
const named = z.looseObject({ name: z.string().min(1), tags });
const nameable = z.looseObject({ name: z.string().min(1).optional(), tags });
const plugin = named.extend({ service: reference, route: reference, consumer: reference, consumer_group: reference });
const route = nameable.extend({ service: reference, plugins: z.array(plugin).default([]) });
const target = z.looseObject({ target: z.string().min(1), tags });

/** The lists of a decK file that may hold generated entities. */
export const deckLists = {
  services: z
    .array(nameable.extend({ routes: z.array(route).default([]), plugins: z.array(plugin).default([]) }))
    .default([]),
  upstreams: z.array(named.extend({ targets: z.array(target).default([]) })).default([]),
  routes: z.array(route).default([]),
  plugins: z.array(plugin).default([]),
};

const lists = z.object(deckLists);
export type DeckLists = z.infer<typeof lists>;

/**
 * The lists in the form of a control plane: flat, and children refer to their parent. A name stands
 * for its id.
 */
export function itemsOf({ services, upstreams, routes, plugins }: DeckLists): ReadonlyMap<Kind, readonly Item[]> {
  const below = <T extends object>(list: readonly T[], parent: 'service' | 'upstream' | 'route', name: string) =>
    list.map((one, index) => ({ ...one, id: `${name}/${index}`, [parent]: { id: name } }));
  const inRoutes = [...routes, ...services.flatMap((one) => one.routes)].flatMap((one, index) =>
    below(one.plugins, 'route', one.name ?? `routes/${index}`),
  );
  const own = <T extends object>(list: readonly T[], at: string) =>
    list.map((one, index) => ({ id: `${at}/${index}`, ...one }));
  const bare = ({ plugins: _, ...one }: DeckLists['routes'][number]) => one;
  const nameOf = ({ name }: { readonly name?: string }, index: number) => name ?? `services/${index}`;
  return new Map<Kind, readonly Item[]>([
    ['upstream', upstreams.map(({ targets: _, ...one }) => ({ ...one, id: one.name }))],
    ['target', upstreams.flatMap(({ name, targets }) => below(targets, 'upstream', name))],
    ['service', services.map(({ routes: _, plugins: __, ...one }, index) => ({ ...one, id: nameOf(one, index) }))],
    [
      'route',
      [
        ...services.flatMap((one, index) => below(one.routes.map(bare), 'service', nameOf(one, index))),
        ...own(routes.map(bare), 'routes'),
      ],
    ],
    [
      'plugin',
      [
        ...services.flatMap((one, index) => below(one.plugins, 'service', nameOf(one, index))),
        ...inRoutes,
        ...own(plugins, 'plugins'),
      ],
    ],
  ]);
}
