import { compareText } from '#core/addresses/targets';
import type { Problem } from '#core/errors';
import type { JsonObject } from '#core/model';
import { ownUpstreamOf } from '#deck/adopted';
import { type Entity, type HeldEntity, nameOf } from '#deck/document';
import { isGenerated, selectTags, theirTags } from '#deck/tags';
import type { Change } from '../../plan/changes';
import { planRetirement } from '../../plan/retire';
import { type AdoptionRecord, hostOfTarget, hostsOf } from './record';
import { findRecorded } from './taking';

/**
 * Says whether a recorded host still leads to an endpoint; `unknown`: an unread scope may have it.
 */
export type HostState = (host: string) => 'there' | 'gone' | 'unknown';

export type Release = {
  /** First old targets come back, then what leads to them, then the product's entities leave. */
  readonly steps: readonly (readonly Change[])[];
  /** Targets that do not come back, because their endpoints are gone. */
  readonly replaced: readonly string[];
  readonly problem?: Problem;
};

/**
 * Plans the way of a domain back to its record, from all entities of the control plane. Changes
 * that people made meanwhile stay.
 */
export function planRelease(record: AdoptionRecord, whole: readonly HeldEntity[], standing: HostState): Release {
  const { domain, owner, entities } = record;
  const ownTags = selectTags(owner);
  const { held } = findRecorded(record, whole);
  const recordedIds = new Set(entities.map(({ id }) => id));
  const made = whole.filter(
    (one) => one.domain === domain && isGenerated(one.tags, ownTags) && !recordedIds.has(one.id),
  );
  const targets = entities.filter(({ kind }) => kind === 'target');
  const replaced = targets.filter((one) => standing(hostOfTarget(one)) === 'gone');
  const back = targets.filter((one) => !replaced.includes(one));
  const heldById = new Map(held.map((one) => [one.id, one]));
  const context = { record, heldById, ownTags };
  const others = entities.filter(({ kind }) => kind !== 'target');
  return {
    steps: [
      back.flatMap((one) => restored(one, context)),
      others.flatMap((one) => restored(one, context)),
      planRetirement(domain, [...made, ...replaced.flatMap((one) => heldById.get(one.id) ?? [])]).map((one) => ({
        ...one,
        parentId: one.parentId ?? parentIdOf(one.before, context),
        reason: `domain ${domain} is given back`,
      })),
    ],
    replaced: replaced.map(nameOf),
    problem: whyNot({ record, back, standing, heldById }),
  };
}

type Context = {
  readonly record: AdoptionRecord;
  readonly heldById: ReadonlyMap<string, HeldEntity>;
  readonly ownTags: readonly string[];
};

/** Fields that the product set and a release restores. All other fields stay. */
const answeredFor: Readonly<Record<Entity['kind'], readonly string[]>> = {
  service: ['host'],
  upstream: ['host_header', 'algorithm'],
  target: ['target', 'weight'],
  route: [],
  plugin: [],
};

function restored(recorded: HeldEntity, context: Context): readonly Change[] {
  const { heldById, ownTags, record } = context;
  const { id, kind, key, domain: _, ...entity } = recorded;
  const { domain } = record;
  const now = heldById.get(id);
  const set = isElsewhere(now, record) ? [] : answeredFor[kind];
  const was = Object.fromEntries(set.map((field) => [field, recorded.fields[field] ?? null]));
  // A target's new tags are the product's own: they name its origin.
  const since = now && kind !== 'target' ? theirTags(now.tags, ownTags) : [];
  const tags = [...new Set([...recorded.tags, ...since])].sort(compareText);
  const fields: JsonObject = now ? { ...now.fields, ...was } : recorded.fields;
  if (now && isSameEntity(now, { fields, tags })) return [];
  return [
    {
      action: now ? 'update' : 'create',
      kind,
      key,
      id,
      parentId: parentIdOf(recorded, context),
      domain,
      reason: `as it was before domain ${domain} was adopted`,
      before: now,
      after: { kind, key, domain, ...entity, fields, tags },
    },
  ];
}

/** Whether people pointed the service elsewhere meanwhile. Its host is then theirs. */
function isElsewhere(now: HeldEntity | undefined, { domain, adopted }: AdoptionRecord): boolean {
  return now?.kind === 'service' && now.fields.host !== ownUpstreamOf(domain, { adopted });
}

function isSameEntity(now: HeldEntity, { fields, tags }: Pick<Entity, 'fields' | 'tags'>): boolean {
  const text = (one: unknown) => JSON.stringify(one);
  return (
    text([...now.tags].sort(compareText)) === text(tags) && text(now.fields) === text({ ...now.fields, ...fields })
  );
}

function parentIdOf(entity: Entity | undefined, { record }: Pick<Context, 'record'>): string | undefined {
  if (entity?.parent === undefined) return undefined;
  const kind = entity.kind === 'target' ? 'upstream' : 'service';
  return record.entities.find((one) => one.kind === kind && one.key === entity.parent)?.id;
}

type Checked = {
  readonly record: AdoptionRecord;
  readonly back: readonly HeldEntity[];
  readonly standing: HostState;
  readonly heldById: Context['heldById'];
};

function whyNot({ record, back, standing, heldById }: Checked): Problem | undefined {
  const { adopted, domain, entities } = record;
  const service = heldById.get(entities.find(({ kind }) => kind === 'service')?.id ?? '');
  if (!service) {
    const fix = `remove domains.${domain}.adopted and the record from the files`;
    return { reason: `service ${adopted.service} is not in the control plane any more`, fix };
  }
  if (isElsewhere(service, record)) return undefined;
  const hosts = adopted.upstream === undefined ? hostsOf(record) : back.map(hostOfTarget);
  const unknown = hosts.find((host) => standing(host) === 'unknown');
  if (unknown !== undefined)
    return {
      reason: `it is unknown whether ${unknown} still leads to an endpoint`,
      fix: 'make all scopes readable first',
    };
  if (hosts.some((host) => standing(host) === 'there')) return undefined;
  const named = adopted.upstream === undefined ? hosts.join(', ') : `every target of ${adopted.upstream}`;
  return {
    reason: `the endpoint of ${named} is gone, so requests would go nowhere`,
    fix: 'keep the domain adopted, or point the service elsewhere by hand and remove the domain from the files',
  };
}
