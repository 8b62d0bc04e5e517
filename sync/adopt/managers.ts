import type { Problem } from '#core/errors';
import { type HeldEntity, nameOf } from '#deck/document';
import { baseTag, ownerOf } from '#deck/tags';

/** Who else looks after entities. */
export type Others = {
  /** By which decK selects what is its own, as people say. */
  readonly selectTags: readonly string[];
  /** Names (`kind:key`) of what stands in base files. */
  readonly baseNames: ReadonlySet<string>;
  /** The decK file that was read in place of a control plane, and selects all that is in it. */
  readonly selectedBy?: string;
};

type Manager = { readonly who: string; readonly tag: RegExp };

/** By the tags that they put on what they write, or that people put there to say so. */
const managers: readonly Manager[] = [
  { who: 'Kong Ingress Controller', tag: /^managed-by-ingress-controller$/i },
  { who: 'an operator in Kubernetes', tag: /^k8s-(name|namespace|kind|uid|group|version|generation):/i },
  { who: 'an operator in Kubernetes', tag: /(^|[:=])(kong-operator|gateway-operator|kic)$/i },
  { who: 'Terraform', tag: /(^|[^a-z])(terraform|opentofu)([^a-z]|$)/i },
  { who: 'Pulumi', tag: /(^|[^a-z])pulumi([^a-z]|$)/i },
  { who: 'Crossplane', tag: /(^|[^a-z])crossplane([^a-z]|$)/i },
  { who: 'decK', tag: /^(managed[-_ ]?by[-_:= ]?)deck$/i },
];

/** Why none of these entities may be taken over: somebody else writes one of them, and would fight; undefined where nobody does. */
export function whyManaged(entities: readonly HeldEntity[], others: Others): Problem | undefined {
  for (const entity of entities) {
    const why = whyOfOne(entity, others);
    if (why) return why;
  }
  return undefined;
}

function whyOfOne(entity: HeldEntity, { selectTags, baseNames, selectedBy }: Others): Problem | undefined {
  const { kind, key, tags } = entity;
  const what = `${kind} ${key}`;
  const owner = ownerOf(tags);
  if (owner !== undefined) return { reason: `${what} belongs to owner ${owner}`, fix: `retire it there first` };
  if (tags.includes(baseTag) || baseNames.has(nameOf(entity)))
    return { reason: `${what} is written in a base file (deck.base)`, fix: 'take it out of the base file first' };
  if (selectedBy !== undefined)
    return {
      reason: `${what} is decK's: ${selectedBy}`,
      fix: 'take what is to be adopted out of what decK writes, with `deck gateway sync` leaving it in place',
    };
  const selected = selectTags.find((tag) => tags.includes(tag));
  if (selected !== undefined)
    return {
      reason: `${what} carries select tag ${selected} of decK, which would write it back`,
      fix: `take ${what} out of decK's file, and the tag off it`,
    };
  for (const { who, tag } of managers) {
    const found = tags.find((one) => tag.test(one));
    if (found !== undefined)
      return {
        reason: `${what} carries tag ${found}: ${who} looks after it, and would write it back`,
        fix: `take it out of ${who} first, and the tag off it`,
      };
  }
  return undefined;
}
