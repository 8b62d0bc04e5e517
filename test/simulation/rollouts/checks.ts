import type { Domain } from '#core/claims/settle';
import { renderDesired } from '#deck/desired';
import type { HeldEntity } from '#deck/document';
import { originOf } from '../checks';
import { fail, isNamed, partsOfTarget } from '../forms';
import { checkWritten } from '../stages/checks';
import { formsIn, isOwnUpstream, partIn, partsOf } from '../stages/parts';
import { configuredForm } from '../stages/via';
import type { World } from '../stages/world';
import type { Configuration, Step } from './history';
import { type Stage, settingsWith } from './stage';

export type Found = {
  /** The statements of readable scopes. */
  readonly found: readonly Domain[];
  /** All scopes could be read. */
  readonly isWhole: boolean;
};

/** Addresses follow discovery, whatever a stage waits for, also removed ones. */
export function checkData({ name, held }: Stage, world: World, { found, isWhole }: Found): void {
  checkWritten({ name, held }, found);
  const targets = [...targetsIn(held()).values()].flatMap(partsOfTarget);
  const late = isWhole && targets.find((one) => !world.isThere(originOf(one).endpointId));
  if (late) fail(`${name}: target ${late.key} stays although its endpoint is gone`);
}

function wantedTargets(domains: readonly Domain[], via: Configuration['via']): readonly string[] {
  const formsOf = formsIn(domains, (domain) => configuredForm(domain, via));
  return renderDesired({ owner: 'test', domains, settings: {}, formsOf }).flatMap(({ kind, key }) =>
    kind === 'target' ? [key] : [],
  );
}

/** Targets in the domains' own upstreams. Zones come with the configuration. */
function targetsIn(held: readonly HeldEntity[]): ReadonlyMap<string, HeldEntity> {
  const upstreams = new Set(held.filter(isOwnUpstream).map(({ key }) => key));
  return new Map(
    held.flatMap((one) => (one.kind === 'target' && upstreams.has(one.parent ?? '') ? [[one.key, one]] : [])),
  );
}

/** At the end a stage holds the configuration and the current addresses. */
export function checkSame({ name, held, written }: Stage, world: World, configuration: Configuration): void {
  const found = world.domains();
  const { affinity, consumer, via } = configuration;
  const formOf = (domain: Domain) => configuredForm(domain, via);
  const wanted = partsOf({ found, settings: settingsWith(configuration), held: held(), affinity, consumer, formOf });
  for (const [domain, part] of wanted.domains) {
    const is = partIn(held(), domain);
    const other = [...new Set([...part.keys(), ...is.keys()])].find((one) => part.get(one) !== is.get(one));
    if (other) fail(`${name}: ${other} is ${is.get(other) ?? 'missing'} in the end instead of ${part.get(other)}`);
  }
  const [are, should] = [[...targetsIn(held()).keys()], wantedTargets(found, via)].map((keys) =>
    keys.toSorted().join(),
  );
  if (are !== should) fail(`${name}: has ${are} in the end instead of ${should}`);
  if (name === 'file' && !written.includes(`username: ${consumer}\n`))
    fail(`${name}: its base file is not that of ${consumer}`);
}

/**
 * Whether the step can be decided without people. When all serving endpoints lose their tags and
 * others claim something else, the product refuses by design. A name leaves with the last endpoint
 * of its domain, and the held entities do not tell this from a switch of its form.
 */
export function isFair(step: Step, stages: readonly Stage[], world: World): boolean {
  if (step.do !== 'retag' && step.do !== 'untag' && step.do !== 'delete') return true;
  const untagged = world.untagged(step.domain);
  const ofDomain = stages.flatMap(({ held }) => held()).filter(({ domain }) => domain === step.domain);
  const serving = world.domains().flatMap(({ name, targets }) => (name === step.domain ? targets : []));
  const isLast = new Set(serving.map(({ endpointId }) => endpointId)).size <= 1;
  if (step.do !== 'retag' && isLast && ofDomain.some((one) => one.kind === 'target' && isNamed(one))) return false;
  if (step.do === 'delete') return true;
  if (step.do === 'retag') return ofDomain.every((one) => !untagged.includes(originOf(one).endpointId));
  const agreed = renderDesired({ owner: 'test', domains: world.domains(), settings: {} });
  return ofDomain.every((one) => {
    const wanted = agreed.find(({ kind, key }) => kind === one.kind && key === one.key);
    return !wanted || usedIn(wanted.fields) === usedIn(one.fields);
  });
}

function usedIn({ protocol, host_header, paths }: HeldEntity['fields']): string {
  return JSON.stringify([protocol, host_header, paths]);
}
