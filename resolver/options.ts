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

export const resolverSummary = "Answer a data plane's DNS with the nearest live addresses of each domain";

export const resolverHelp = `
Runs beside Kong, on loopback. Answers <domain>.privatelink.internal, also below
_http._tcp., as SRV, A and AAAA. The answer holds the addresses of the own zone
while one of them is alive, then of the own region, then all. Up to eight
farther addresses are added as spares. Each spare gets about one request in a
thousand. Kong follows a change within two seconds. No request passes through
the resolver.
Set dns_resolver=127.0.0.1:5353 in Kong. With new_dns_client=on set
resolver_address=127.0.0.1:5353. Other names go to the resolvers in
/etc/resolv.conf, or in resolver.forward.
Without --zone-id the own zone comes from KONG_PRIVATELINK_ZONE_ID, else from
instance metadata.
SIGHUP reloads the configuration. SIGTERM stops the resolver. The log is JSON on
standard error. With --json standard output gets one line when the resolver
listens.
--check asks the running resolver, as a container's health check does, and
exits.`;

/** The options beside `-c` and `--json`: flags and descriptions. */
export const resolverOptions: readonly (readonly [flags: string, description: string])[] = [
  ['--listen <address>', 'IP address and port, in place of resolver.listen'],
  ['--suffix <name>', 'Suffix of the names, in place of resolver.suffix'],
  ['--zone-id <id>', 'Id of the own zone, for example use1-az1'],
  ['--no-forward', 'Refuse all other names'],
  ['--metrics <address>', 'Serve Prometheus metrics at 127.0.0.1:PORT or unix:/path'],
  ['--check', 'Ask the running resolver, and exit: 0 when it answers, else 1'],
];
