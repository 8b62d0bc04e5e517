import type { IncomingHttpHeaders } from 'node:http';
import { identityHeaders, isIdentityHeader } from '#core/contracts/identity';
import { parseTable } from '#core/contracts/table';
import { type Exit, failure } from '../proxy/routing';

/**
 * The decision of the plugin `privatelink-callers` about one request, written independently of the
 * Lua: tests compare the two.
 */

/** The plugin's configuration, as Kong hands it over: whatever is not as it should be closes. */
export type CallersConfig = {
  readonly domain: string;
  readonly mode?: unknown;
  readonly on_missing?: unknown;
  readonly callers?: unknown;
  readonly others?: unknown;
};

export type CallerRequest = {
  /** Value of the TLV 0xEA, a character for each byte; undefined: the connection has none. */
  readonly tlv: string | undefined;
  readonly headers: IncomingHttpHeaders;
};

/**
 * `allowed`: in the contract. `observed`: not in the contract, and let through. `missing`: without
 * an endpoint, and let through. `refused`: 403.
 */
export type CallerVerdict = 'allowed' | 'observed' | 'missing' | 'refused';

export type CallerJudgement = {
  readonly verdict: CallerVerdict;
  /**
   * Headers for the provider: without the client's own identity headers, and with the known
   * identity of an allowed caller.
   */
  readonly headers: IncomingHttpHeaders;
  /** In place of the provider's answer. */
  readonly exit?: Exit;
  /** For the log; absent for an unknown consumer. */
  readonly consumer?: string;
  /** For the log; absent where the TLV holds no endpoint id. */
  readonly endpointId?: string;
};

/** Judges a request by the endpoint that it came in by. Nothing is kept between requests. */
export function judgeCaller(config: CallersConfig, { tlv, headers: sent }: CallerRequest): CallerJudgement {
  const headers = Object.fromEntries(Object.entries(sent).filter(([name]) => !isIdentityHeader(name)));
  const [callers, others] = [consumersIn(config.callers), consumersIn(config.others)];
  const endpointId = endpointIn(tlv);
  if (!callers || !others) return { verdict: 'refused', headers, endpointId, exit: refusals.broken };
  if (tlv === undefined) {
    const isLet = config.on_missing === 'allow';
    return isLet ? { verdict: 'missing', headers } : { verdict: 'refused', headers, exit: refusals.missing };
  }
  const consumer = callers.get(tlv);
  if (consumer !== undefined && !namesIdentity(sent)) {
    const told = {
      [identityHeaders.consumer.toLowerCase()]: consumer,
      [identityHeaders.endpoint.toLowerCase()]: tlv.slice(1),
    };
    return { verdict: 'allowed', headers: { ...headers, ...told }, consumer, endpointId: tlv.slice(1) };
  }
  const known = { headers, consumer: consumer ?? others.get(tlv), endpointId };
  const isLet = (config.mode === 'observe') !== others.has(tlv);
  if (isLet) return { verdict: 'observed', ...known };
  return { verdict: 'refused', ...known, exit: consumer === undefined ? refusals.uncontracted : refusals.cloaked };
}

const refusals = {
  broken: failure(403, 'the gateway cannot tell who may call'),
  missing: failure(403, 'this connection names no VPC endpoint'),
  uncontracted: failure(403, 'this VPC endpoint may not call this service'),
  cloaked: failure(403, 'the header Connection may not name who calls'),
} as const;

/**
 * Returns the endpoint id of a TLV, as the plugin logs it. AWS's ids have 17 digits, and a much
 * longer text is no id.
 */
function endpointIn(tlv: string | undefined): string | undefined {
  return tlv?.startsWith('\x01') && /^vpce-[0-9a-f]{1,64}$/.test(tlv.slice(1)) ? tlv.slice(1) : undefined;
}

/**
 * Consumers by the value of their TLV. Undefined: the table is damaged, or gives an endpoint to two
 * consumers.
 */
function consumersIn(text: unknown): ReadonlyMap<string, string> | undefined {
  const entries = typeof text === 'string' ? parseTable(text) : undefined;
  if (!entries) return undefined;
  const consumers = new Map(entries.map(({ endpointId, consumer }) => [`\x01${endpointId}`, consumer]));
  return entries.every(({ endpointId, consumer }) => consumers.get(`\x01${endpointId}`) === consumer)
    ? consumers
    : undefined;
}

/**
 * Whether the client asks Kong to remove the identity headers: Kong drops headers named in
 * `Connection` after all plugins.
 */
function namesIdentity({ connection }: IncomingHttpHeaders): boolean {
  return (connection ?? '').toLowerCase().includes('privatelink');
}
