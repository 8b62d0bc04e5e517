import type { JsonObject } from '#core/model';
import { claimedPathsOf } from '#deck/route-paths';
import { originOf } from '../checks';
import type { DomainName, Step } from './history';
import { type Part, partIn } from './parts';
import type { Stage } from './stage';
import type { World } from './world';

/**
 * Whether the step can be decided without people. When all serving endpoints lose their tags and
 * the others claim something else, the product refuses by design, whatever the pin of a stage.
 */
export function isFair(step: Step, stages: readonly Stage[], world: World): boolean {
  if (step.do === 'untag') return stages.every((stage) => agrees(stage, step.domain, world));
  if (step.do !== 'retag') return true;
  const untagged = world.untagged(step.domain);
  return stages.every((stage) => stage.held().every((one) => !untagged.includes(originOf(one).endpointId)));
}

/** The stage's goal without its pin equals the tags' claims. */
function agrees(stage: Stage, domain: DomainName, world: World): boolean {
  const left = stage.model.pin()?.left;
  const part = left ? left.domains.get(domain) : partIn(stage.held(), domain);
  const { path, protocol, host } = world.profile(domain);
  const paths = fieldsIn(part, `route:${domain}`);
  const used = [
    fieldsIn(part, `service:${domain}`)?.protocol ?? protocol,
    fieldsIn(part, `upstream:${domain}.privatelink`)?.host_header ?? host,
    paths ? claimedPathsOf({ fields: paths })?.join() : path,
  ];
  return used.join() === [protocol, host, path].join();
}

function fieldsIn(part: Part | undefined, name: string): JsonObject | undefined {
  const text = part?.get(name);
  return text === undefined ? undefined : JSON.parse(text).fields;
}
