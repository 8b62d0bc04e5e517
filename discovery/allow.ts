import type { Address, Endpoint, QuarantineCode } from '../core/model';
import type { AllowConfig, SourceConfig } from './config';

export type Refusal = { readonly code: QuarantineCode; readonly reason: string; readonly fix: string };

/** What a source may claim, so that the writer of a tag cannot take more; undefined: the endpoint is allowed. */
export function findRefusal(endpoint: Endpoint, allow: AllowConfig): Refusal | undefined {
  const { domain, serviceName = '', vpcId = '' } = endpoint;
  if (!matches(domain, allow.domains)) return refusal('domain-not-allowed', `domain ${domain}`, 'domains');
  if (!matches(serviceName, allow.serviceNames))
    return refusal('service-not-allowed', `endpoint service ${serviceName || '(none)'}`, 'serviceNames');
  if (!matches(vpcId, allow.vpcs)) return refusal('vpc-not-allowed', `VPC ${vpcId || '(none)'}`, 'vpcs');
  const takesRoot = endpoint.paths.includes('/') && !allow.paths?.includes('/');
  if (takesRoot) return refusal('path-not-allowed', 'path /', 'paths');
  const isUnreachable = endpoint.addresses.length > 0 && allowedAddresses(endpoint.addresses, allow).length === 0;
  return isUnreachable ? otherFamily(allow.addressFamilies ?? []) : undefined;
}

/** Whether a source may claim a domain at all, by its configuration. */
export function mayClaim(source: SourceConfig, domain: string): boolean {
  const written = source.type === 'dns' ? source.names : source.type === 'static' ? source.endpoints : undefined;
  return matches(domain, source.allow.domains) && (written?.some((one) => one.domain === domain) ?? true);
}

/** The addresses of the families that the data planes reach; all, where the source names none (docs/decisions/0015). */
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

/** The endpoint's paths that the source grants by name. */
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
