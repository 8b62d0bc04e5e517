import { z } from 'zod';
import { kindOfRange } from '#core/addresses/kinds';
import { parseIp } from '#core/addresses/parse';
import { parseRange } from '#core/addresses/ranges';
import { neverTargets } from '#core/addresses/rule';
import { label } from './values';

/** The fields that tags hold elsewhere, for sources whose providers have no tags. */
export const claim = {
  domain: label.describe('the service domain: lowercase letters, digits and dashes'),
  protocol: z
    .enum(['http', 'https', 'grpc', 'grpcs'])
    .optional()
    .meta({ description: 'what the provider speaks', default: 'http' }),
  port: z.int().min(1).max(65_535).optional().describe("the provider's port; absent: 80, or 443 for TLS"),
  host: z
    .string()
    .optional()
    .describe("Host header and TLS server name, required for TLS; absent: the upstream's name"),
  paths: z
    .array(z.string().regex(/^\/\S*$/, 'a path without spaces, such as /todo'))
    .optional()
    .describe('paths of the route, not stripped, required for gRPC; absent: `/<domain>`, stripped'),
  weight: z
    .int()
    .min(0)
    .max(65_535)
    .optional()
    .meta({ description: 'share of the requests, relative to the other addresses', default: 100 }),
};

export const claimRegion = z
  .string()
  .regex(/^[a-z0-9-]{1,32}$/, 'a region, such as us-east-1: lowercase letters, digits and dashes, at most 32')
  .default('none');

export const ipAddress = z
  .string()
  .refine((text) => parseIp(text) !== undefined, 'an IP address; for a host name use a source of type dns');

export const addressRange = z
  .string()
  .refine((text) => parseRange(text) !== undefined, {
    error: 'a range of addresses, such as 203.0.113.0/24 or 2001:db8::/32',
    abort: true,
  })
  .refine((text) => !isNever(text), 'a range of public or loopback addresses: no setting lets others be targets');

function isNever(text: string): boolean {
  const range = parseRange(text);
  const kind = range && kindOfRange(range);
  return kind !== undefined && neverTargets.has(kind);
}

export const dnsName = z
  .string()
  .max(253)
  .regex(
    /^[A-Za-z0-9_-]{1,63}(\.[A-Za-z0-9_-]{1,63})*$/,
    'a DNS name without a dot at its end, such as api.example.com',
  )
  .toLowerCase();

/** Only addresses: a name would need a resolution of its own. */
export const dnsServer = z.string().refine((text) => parseIp(text) !== undefined || isWithPort(text), {
  error: 'the IP address of a name server, with a port where it is not 53: 10.0.0.2, 127.0.0.1:8600 or [fd00::2]:53',
});

function isWithPort(text: string): boolean {
  return parseIp(text.replace(/:\d{1,5}$/, '').replace(/^\[(.*)\]$/, '$1')) !== undefined;
}
