/** The command line of the resolver, for its own program and for the verb. */

export type ResolverOptions = {
  readonly config?: string;
  readonly listen?: string;
  readonly suffix?: string;
  readonly zoneId?: string;
  /** False after `--no-forward`. */
  readonly forward?: boolean;
  readonly metrics?: string;
  readonly check?: boolean;
  readonly json?: boolean;
};

export const resolverSummary = "answer a data plane's DNS: each domain by the addresses that are nearest and alive";

export const resolverHelp = `
Runs beside Kong, on loopback. <domain>.privatelink.internal, also below _http._tcp., is answered as SRV, A and AAAA with the
addresses of the own zone while one of them is alive, then of the own region, then with all. Up to eight farther ones stand
beside them as spares, for about one request in a thousand each. Kong follows a change within two seconds, and no request
passes through here.
Kong asks it with dns_resolver=127.0.0.1:5353; with new_dns_client=on, with resolver_address=127.0.0.1:5353. Other names are asked
of the resolvers in /etc/resolv.conf, or in resolver.forward.
SIGHUP reads the configuration again; SIGTERM ends it. The log is JSON on standard error. With --json standard output gets one line
once it listens.
--check asks the one that runs, as a container's health check does, and ends.`;

/** The options beside `-c` and `--json`: flags and descriptions. */
export const resolverOptions: readonly (readonly [flags: string, description: string])[] = [
  ['--listen <address>', 'IP address and port, in place of resolver.listen'],
  ['--suffix <name>', 'what names end in, in place of resolver.suffix'],
  ['--zone-id <id>', 'own zone, as use1-az1; in place of KONG_PRIVATELINK_ZONE_ID and of instance metadata'],
  ['--no-forward', 'refuse all other names'],
  ['--metrics <address>', 'serve Prometheus metrics: 127.0.0.1:PORT or unix:/path'],
  ['--check', 'ask the resolver that runs there, and end: 0 where it answers, else 1'],
];
