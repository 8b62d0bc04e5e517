import type { Problem } from '#core/errors';
import { type HeldEntity, nameOf } from '#deck/document';
import { baseTag, ownerOf } from '#deck/tags';

/** Signs that somebody else manages an entity. */
export type Others = {
  /** decK's select tags, from `--select-tag`. */
  readonly selectTags: readonly string[];
  /** Names (`kind:key`) of entities in base files. */
  readonly baseNames: ReadonlySet<string>;
  /** For people: the decK file in place of a control plane, and its select tags; absent: none. */
  readonly selectedBy?: string;
};

type Manager = { readonly who: string; readonly tag: RegExp };

/** Managers by their tags, which the managers or people put on entities. */
const managers: readonly Manager[] = [
  { who: 'Kong Ingress Controller', tag: /^managed-by-ingress-controller$/i },
  { who: 'an operator in Kubernetes', tag: /^k8s-(name|namespace|kind|uid|group|version|generation):/i },
  { who: 'an operator in Kubernetes', tag: /(^|[:=])(kong-operator|gateway-operator|kic)$/i },
  { who: 'Terraform', tag: /(^|[^a-z])(terraform|opentofu)([^a-z]|$)/i },
  { who: 'Pulumi', tag: /(^|[^a-z])pulumi([^a-z]|$)/i },
  { who: 'Crossplane', tag: /(^|[^a-z])crossplane([^a-z]|$)/i },
  { who: 'decK', tag: /^(managed[-_ ]?by[-_:= ]?)deck$/i },
];

/** Returns the reason when somebody else manages one of the entities, and would overwrite it. */
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
  if (owner !== undefined)
    return { reason: `${what} belongs to owner ${owner}`, fix: `first retire it from the configuration of ${owner}` };
  if (tags.includes(baseTag) || baseNames.has(nameOf(entity)))
    return { reason: `${what} is written in a base file (deck.base)`, fix: 'first remove it from the base file' };
  if (selectedBy !== undefined)
    return {
      reason: `decK manages ${what}: ${selectedBy}`,
      fix: "first remove it from decK's selection, so that `deck gateway sync` leaves it in place",
    };
  const selected = selectTags.find((tag) => tags.includes(tag));
  if (selected !== undefined)
    return {
      reason: `${what} carries select tag ${selected} of decK, and decK would write it back`,
      fix: `remove ${what} from decK's file, and remove the tag`,
    };
  for (const { who, tag } of managers) {
    const found = tags.find((one) => tag.test(one));
    if (found !== undefined)
      return {
        reason: `${what} carries tag ${found}: ${who} manages it and would write it back`,
        fix: `first remove it from ${who}, and remove the tag`,
      };
  }
  return undefined;
}
