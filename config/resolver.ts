import { z } from 'zod';
import { parseIp, withoutBrackets } from '#core/addresses/parse';
import { maxStaleRule, probeRules } from './probes';

/** How a domain's addresses reach Kong (docs/resolver.md). */

export const via = z.enum(['addresses', 'resolver']);

/** Lowercase, as names are compared; with `_http._tcp.` and a domain before it it has at most 253 characters. */
const suffix = z
  .string()
  .max(160)
  .regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)+$/, {
    error: 'a DNS name of two labels or more in lowercase, such as privatelink.internal',
  });

/** Listening needs a port that is written: 53 asks for rights that most processes lack. */
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
    type: probeRules.kind.describe('how; `https` does not verify the certificate'),
    path: probeRules.path.describe('what `http` and `https` ask for; a status from 200 to 399 is a success'),
    intervalSeconds: probeRules.intervalSeconds.describe('time between probes of a target'),
    timeoutSeconds: probeRules.timeoutSeconds.describe(
      'a probe that takes longer has failed; never more than half of the interval',
    ),
    fall: probeRules.fall.describe('failures in a row after which a target is dead'),
    rise: probeRules.rise.describe('successes in a row after which it is alive again'),
  })
  .meta({ id: 'resolver.probe' })
  .prefault({});

export const resolver = z
  .strictObject({
    suffix: suffix
      .default('privatelink.internal')
      .describe('what names end in: `<domain>.<suffix>`; Kong and the resolver read the same one'),
    listen: ipAndPort.default('127.0.0.1:5353').describe('IP address and port of the DNS server, UDP and TCP'),
    forward: z
      .array(ipAndPort)
      .optional()
      .describe("the resolvers that all other names are asked of; absent: the system's; `[]`: they are refused"),
    affinity: z
      .enum(['zone', 'none'])
      .default('zone')
      .describe(
        '`zone`: addresses of the own zone are answered while one is alive, then of the own region, then all; beside them a few spares, which get about one request in a thousand each. `none`: all',
      ),
    maxStaleSeconds: maxStaleRule.describe(
      'an address that discovery has not confirmed for longer is not answered any more',
    ),
    probe: probe.describe(
      'how it is found out that a zone is dead; where a domain has one tier alone nothing is probed',
    ),
  })
  .meta({ id: 'resolver' })
  .prefault({});

/** Settings of `kong-privatelink resolver`. */
export type ResolverConfig = z.infer<typeof resolver>;
