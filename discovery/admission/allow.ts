import type { AllowConfig, SourceConfig } from '#config/schema';
import type { AddressKind } from '#core/addresses/kinds';
import { anyRange, neverTargets, refusedKind } from '#core/addresses/rule';
import { isProblem, type Problem } from '#core/errors';
import type { Address, Endpoint, QuarantineCode } from '#core/model';
import { cut, spellAddresses } from './fields';

export type Refusal = Problem & { readonly code: QuarantineCode };

/**
 * Why `allow` of the source refuses the endpoint; undefined when it is allowed. The limit keeps the
 * writer of a tag from claiming more.
 */
export function findRefusal(endpoint: Endpoint, allow: AllowConfig): Refusal | undefined {
  return findClaimRefusal(endpoint, allow) ?? findAddressRefusal(endpoint, allow);
}

type Claiming = Pick<Endpoint, 'domain' | 'serviceName' | 'vpcId' | 'paths'>;

/** The same, without a look at the addresses. */
export function findClaimRefusal(endpoint: Claiming, allow: AllowConfig): Refusal | undefined {
  const { domain, serviceName = '', vpcId = '' } = endpoint;
  if (!isDomainAllowed(domain, allow)) return refusal('domain-not-allowed', `domain ${domain}`, 'domains');
  if (!matches(serviceName, allow.serviceNames))
    return refusal('service-not-allowed', `endpoint service ${cut(serviceName) || '(none)'}`, 'serviceNames');
  if (!matches(vpcId, allow.vpcs)) return refusal('vpc-not-allowed', `VPC ${cut(vpcId) || '(none)'}`, 'vpcs');
  const takesRoot = endpoint.paths.includes('/') && !allow.paths?.includes('/');
  return takesRoot ? refusal('path-not-allowed', 'path /', 'paths') : undefined;
}

/**
 * Refuses the whole endpoint for one forbidden address: the rest of its statement is doubtful too.
 */
function findAddressRefusal({ id, addresses, dnsNames }: Endpoint, allow: AllowConfig): Refusal | undefined {
  for (const { ip } of addresses) {
    const kind = refusedKind({ ip, endpointId: id, granted: allow.addresses ?? [] });
    if (kind) return { code: 'address-not-allowed', ...whyRefused(ip, kind, dnsNames.at(-1)) };
  }
  const isUnreachable = addresses.length > 0 && allowedAddresses(addresses, allow).length === 0;
  return isUnreachable ? otherFamily(allow.addressFamilies ?? []) : undefined;
}

export function isDomainAllowed(domain: string, { domains }: AllowConfig): boolean {
  return matches(domain, domains);
}

/** Whether the configuration lets a source claim a domain at all. */
export function mayClaim(source: SourceConfig, domain: string): boolean {
  const written = 'names' in source ? source.names : 'endpoints' in source ? source.endpoints : undefined;
  return isDomainAllowed(domain, source.allow) && (written?.some((one) => one.domain === domain) ?? true);
}

function whyRefused(ip: string, kind: AddressKind, name: string | undefined): Problem {
  const reason = `has the ${kind} address ${name === undefined ? ip : `${ip} (${name})`}`;
  if (neverTargets.has(kind))
    return {
      reason: `${reason}, which is never a target`,
      fix: 'correct the tag or record with this address; no setting allows it',
    };
  const grant = `allow.addresses: ["${ip}/${ip.includes(':') ? 128 : 32}"] of the source`;
  const fix = kind === 'public' ? `${grant}, or public: true of a DNS name` : `${grant}, as a sandbox does`;
  return {
    reason: `${reason}, which allow.addresses of the source does not list`,
    fix: `correct the tag or record with this address; if the address is intended, set ${fix}`,
  };
}

/**
 * `allow` of a source over all its DNS names together. A held address does not tell its DNS name.
 */
export function allowOf(config: SourceConfig): AllowConfig {
  const isPublic = config.type === 'dns' && config.names.some((one) => one.public);
  return isPublic ? withRanges(config.allow, anyRange) : config.allow;
}

/** `allow` with these address ranges added. */
export function withRanges(allow: AllowConfig, ranges: readonly string[]): AllowConfig {
  return ranges.length > 0 ? { ...allow, addresses: [...(allow.addresses ?? []), ...ranges] } : allow;
}

/**
 * The addresses of the families that the data planes reach. Without `addressFamilies` that is all
 * of them (docs/decisions/0015).
 */
export function allowedAddresses(addresses: readonly Address[], { addressFamilies }: AllowConfig): readonly Address[] {
  return addresses.filter(({ ip }) => addressFamilies?.includes(ip.includes(':') ? 'ipv6' : 'ipv4') ?? true);
}

function otherFamily(families: readonly string[]): Refusal {
  const has = families.includes('ipv4') ? 'IPv6' : 'IPv4';
  return {
    code: 'address-not-allowed',
    reason: `has ${has} addresses only, which allow.addressFamilies of the source does not list`,
    fix: `make the endpoint dual stack, or add ${has.toLowerCase()} to allow.addressFamilies when every data plane reaches it`,
  };
}

/** Returns the allowed part of the endpoint, its addresses in one spelling, or the refusal. */
export function admit(endpoint: Endpoint, allow: AllowConfig): Endpoint | Refusal {
  const addresses = spellAddresses(endpoint.addresses);
  // The claim is judged first: a stranger's endpoint must not reserve a path for a domain (fm-47).
  if (isProblem(addresses)) return findClaimRefusal(endpoint, allow) ?? { code: 'missing-field', ...addresses };
  const spelled = { ...endpoint, addresses, grantedPaths: grantedPaths(endpoint.paths, allow) };
  const refusal = findRefusal(spelled, allow);
  if (refusal || !allow.addressFamilies) return refusal ?? spelled;
  return { ...spelled, addresses: allowedAddresses(addresses, allow) };
}

/** The endpoint's paths that the source lists in `allow.paths`. */
export function grantedPaths(paths: readonly string[], allow: AllowConfig): readonly string[] {
  return paths.filter((path) => allow.paths?.includes(path));
}

function refusal(code: QuarantineCode, what: string, field: string): Refusal {
  return {
    code,
    reason: `claims ${what}, which allow.${field} of the source does not list`,
    fix: `add it to allow.${field}, or correct the endpoint`,
  };
}

/** Absent patterns allow everything; `*` in a pattern stands for any characters. */
function matches(text: string, patterns: readonly string[] | undefined): boolean {
  return patterns === undefined || patterns.some((pattern) => toRegExp(pattern).test(text));
}

function toRegExp(pattern: string): RegExp {
  const escaped = pattern.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${escaped.join('.*')}$`);
}
