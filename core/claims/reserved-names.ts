import type { QuarantineCode } from '../model';
import type { Incumbents } from './incumbents';
import { newestOf, type Statement } from './statements';

/**
 * These endpoints do not belong to the domain: `allow` of the operator, or the tag itself, excludes
 * them.
 */
const strangers: ReadonlySet<QuarantineCode> = new Set([
  'domain-not-allowed',
  'service-not-allowed',
  'vpc-not-allowed',
  'other-gateway',
]);

/**
 * Domains with a reserved path `/NAME`. Such a domain has an entity in the control plane, or an
 * endpoint that has not ended, in any state or quarantine. An unknown scope takes part with its
 * last answer (fm-47).
 */
export function reservedNames(
  statements: ReadonlyMap<string, readonly Statement[]>,
  gone: ReadonlySet<string>,
  incumbents: Incumbents,
): ReadonlySet<string> {
  const left = [...statements].filter(([id]) => !gone.has(id)).flatMap(([, said]) => newestOf(said));
  return new Set([...incumbents.keys(), ...left.flatMap((one) => domainOf(one) ?? [])]);
}

function domainOf({ endpoint, quarantined }: Statement): string | undefined {
  if (quarantined && strangers.has(quarantined.code)) return undefined;
  return endpoint?.domain ?? quarantined?.domain;
}
