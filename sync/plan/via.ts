import type { Domain } from '#core/claims/settle';
import { groupBy } from '#core/group-by';
import type { Snapshot } from '#core/model';
import { upstreamName } from '#core/names';
import { unknownScopes } from '#core/snapshot';
import type { Document, Entity } from '#deck/document';
import { nameInParent } from '#deck/keys';
import { eachOriginOf, originsOf } from '#deck/tags';
import { addressesAlone, formsIn, isNameTarget, isOwnTarget, type TargetForms, targetOfOne } from '#deck/via';
import type { Kept } from './changes';
import { type Protection, protectedBy, unprotected } from './protect/protection';
import type { Evidence } from './removals/verdicts';

export type FormsInput = {
  readonly domains: readonly Domain[];
  /** The form that the configuration, or a revision, asks for. */
  readonly wantedOf: (domain: Domain) => TargetForms;
  readonly held: Document;
  readonly snapshot: Snapshot;
  readonly evidence: Evidence;
  /** Absent: nothing is protected. */
  readonly protection?: Protection;
};

/**
 * The form of each domain's addresses in its upstream, and the switches that wait, with the reason.
 */
export type DecidedForms = {
  readonly formsOf: (domain: string) => TargetForms;
  readonly waiting: readonly Kept[];
};

/**
 * Decides how the addresses of each domain reach Kong: in the wanted form. A domain keeps its held
 * form while anything about it is uncertain, since the new form would contain only what is known
 * (fm-75). Protected targets stay beside the wanted form.
 */
export function decideForms({ domains, wantedOf, ...context }: FormsInput): DecidedForms {
  const targets = groupBy(context.held.filter(isOwnTarget), (one) => one.domain);
  const unknown = new Set(unknownScopes(context.snapshot).map(({ scope }) => scope.id));
  const forms = new Map<string, TargetForms>();
  const waiting: Kept[] = [];
  for (const domain of domains) {
    const wanted = wantedOf(domain);
    const own = targets.get(domain.name) ?? [];
    const before = formsIn(own);
    const why = isSwitch(before, wanted) ? whyUncertain(domain, own, { ...context, unknown }) : undefined;
    if (why === undefined) {
      const beside = keepForms(own, wanted, context.protection);
      waiting.push(...beside.kept);
      forms.set(domain.name, beside.forms);
    } else {
      waiting.push(waitingFor(domain, wanted, why));
      forms.set(domain.name, before);
    }
  }
  return { formsOf: (domain) => forms.get(domain) ?? addressesAlone, waiting };
}

type Beside = { readonly forms: TargetForms; readonly kept: readonly Kept[] };

/** The wanted form, together with each form that has a protected target. */
function keepForms(own: readonly Entity[], wanted: TargetForms, protection: Protection = unprotected): Beside {
  const leaving = own.filter((one) =>
    isNameTarget(one) ? !wanted.names.includes(nameInParent(one.key)) : !wanted.hasAddresses,
  );
  const staying = leaving.filter((one) => protection(one) !== undefined);
  const [first] = staying;
  const entry = first && protection(first);
  if (!first || entry === undefined) return { forms: wanted, kept: [] };
  const { hasAddresses, names } = formsIn(staying);
  const what = [...(hasAddresses ? ['its addresses'] : []), ...names].join(' and ');
  const form = wanted.hasAddresses ? 'addresses' : `resolver, by ${wanted.names.join()}`;
  const reason = protectedBy(entry, `${what} would be replaced: the domain is now via ${form}`);
  return {
    forms: { hasAddresses: wanted.hasAddresses || hasAddresses, names: [...wanted.names, ...names] },
    kept: [{ key: first.parent ?? upstreamName(first.domain), domain: first.domain, reason, entry }],
  };
}

/** Whether a part of the held form leaves. */
function isSwitch(before: TargetForms, wanted: TargetForms): boolean {
  return (before.hasAddresses && !wanted.hasAddresses) || before.names.some((name) => !wanted.names.includes(name));
}

type Uncertain = Pick<FormsInput, 'evidence'> & { readonly unknown: ReadonlySet<string> };

/** Why the domain is uncertain: it uses an unknown scope, or holds an uncertain endpoint. */
function whyUncertain(domain: Domain, held: readonly Entity[], context: Uncertain): string | undefined {
  const { unknown, evidence } = context;
  const scopeIds = [
    ...held.flatMap(({ tags }) => originsOf(tags).scopeIds),
    ...domain.targets.map((one) => one.scopeId),
  ];
  const away = scopeIds.find((id) => unknown.has(id));
  if (away !== undefined) return `scope ${away} is unknown`;
  const serving = new Set(domain.targets.map((one) => one.endpointId));
  const verdicts = held.flatMap((target) =>
    eachOriginOf(target.tags)
      .filter(({ endpointId }) => !serving.has(endpointId))
      .map((origin) => evidence(targetOfOne(target, origin))),
  );
  return verdicts.find((one) => one.is === 'uncertain')?.reason;
}

function waitingFor({ name: domain }: Domain, { hasAddresses, names: [name] }: TargetForms, why: string): Kept {
  const form = hasAddresses ? 'via addresses' : `via resolver, by ${name},`;
  return { key: upstreamName(domain), domain, reason: `${form} waits: ${why}` };
}
