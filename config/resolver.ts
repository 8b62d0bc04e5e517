import { z } from 'zod';
import { parseIp, withoutBrackets } from '#core/addresses/parse';
import { maxStaleRule, probeRules } from './probes';

/** How a domain's addresses reach Kong (docs/resolver.md). */

export const via = z.enum(['addresses', 'resolver']);

/**
 * Lower case, because names are compared. With `_http._tcp.` and a domain in front a name has at
 * most 253 characters.
 */
const suffix = z
  .string()
  .max(160)
  .regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)+$/, {
    error: 'a DNS name of two labels or more in lowercase, such as privatelink.internal',
  });

/** The port must be written: 53 needs rights that most processes lack. */
const ipAndPort = z.string().refine(isIpAndPort, {
  error: 'an IP address and a port, such as 127.0.0.1:5353 or [::1]:5353',
  abort: true,
});

function isIpAndPort(one: string): boolean {
  const [, host = '', port = ''] = /^(\[[^\]]*\]|[^:]*):(\d{1,5})$/.exec(one) ?? [];
  const ip = withoutBrackets(host);
  return parseIp(ip) !== undefined && ip.includes(':') === host.startsWith('[') && Number(port) <= 65_535;
}

const probe = z
  .strictObject({
    type: probeRules.kind.describe('the kind of probe; `https` does not verify the certificate'),
    path: probeRules.path.describe('the path for `http` and `https`; a status from 200 to 399 is a success'),
    intervalSeconds: probeRules.intervalSeconds.describe('time between probes of a target'),
    timeoutSeconds: probeRules.timeoutSeconds.describe('the time-out of a probe; never more than half of the interval'),
    fall: probeRules.fall.describe('failures in a row until a target is dead'),
    rise: probeRules.rise.describe('successes in a row until a target is alive again'),
  })
  .meta({ id: 'resolver.probe' })
  .prefault({});

export const resolver = z
  .strictObject({
    suffix: suffix
      .default('privatelink.internal')
      .describe('the end of names: `<domain>.<suffix>`; Kong and the resolver need the same suffix'),
    listen: ipAndPort.default('127.0.0.1:5353').describe('IP address and port of the DNS server, UDP and TCP'),
    forward: z
      .array(ipAndPort)
      .optional()
      .describe("the resolvers for all other names; absent: the system's; `[]`: other names are refused"),
    affinity: z
      .enum(['zone', 'none'])
      .default('zone')
      .describe(
        '`zone` answers with addresses of the own zone while one is alive, then of the own region, then with all. A few spares get about one request in a thousand each. `none` answers with all addresses',
      ),
    maxStaleSeconds: maxStaleRule.describe(
      'the resolver no longer answers with an address that discovery has not confirmed for this time',
    ),
    probe: probe.describe('probes that find out whether a zone is dead; a domain with a single tier is not probed'),
  })
  .meta({ id: 'resolver' })
  .prefault({});

/** Settings of `kong-privatelink resolver`. */
export type ResolverConfig = z.infer<typeof resolver>;
