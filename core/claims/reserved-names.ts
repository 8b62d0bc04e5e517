import type { QuarantineCode } from '../model';
import type { Incumbents } from './incumbents';
import { newestOf, type Statement } from './statements';

/**
 * What the operator's `allow`, or the tag's own writer, keeps away from a domain has no part in it.
 */
const strangers: ReadonlySet<QuarantineCode> = new Set([
  'domain-not-allowed',
  'service-not-allowed',
  'vpc-not-allowed',
  'other-gateway',
]);

/**
 * Domains whose path `/NAME` is kept for them: those with anything in the control plane, and those
 * with an endpoint that is not gone, whatever it claims, waits for, or is quarantined for; an
 * unknown scope counts with what it last said (fm-47).
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
