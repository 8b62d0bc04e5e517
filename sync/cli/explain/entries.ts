import { configOption, type VerbEntry } from '../verb-entry';

/** What the command line says of `explain`. */
export const explainEntry: VerbEntry = {
  name: 'explain',
  summary: 'say what a code means, or why a domain, a request, an address or an endpoint is as it is',
  help: `
Reads as diff does, and writes nothing. QUESTION is a domain (sd2), a path or URL (/sd2/orders), an address (10.0.1.11, with
or without a port), an endpoint's id,
or a code.
A code (ACCESS_DENIED, bad-tag, "scope unknown") is looked up: what happened, the causes, the fixes. This reads no configuration,
no AWS and no control plane. Where a domain has the name of a code, ask for its path (/bad-tag).
Of everything else it says which tag of which endpoint claims it and who else does, what each control plane holds of it, what the next pass does to
that and why not now, and where a data plane in each zone sends requests. Of a path or URL it names the route that takes the
request, of all routes, by the rules of Kong's router (router_flavor traditional_compatible).
--worker asks a worker that runs, in place of AWS: what its last pass saw and did. The worker's watch.token stands in
$KONG_PRIVATELINK_WATCH_TOKEN, or in the configuration that -c names.`,
  exits: {
    done: 'said',
    error: 'error, or nobody has it: the nearest names are shown',
    uncertain: '--strict, and something is uncertain',
  },
  argument: ['<question>', 'a code, domain, path, URL, address or endpoint'],
  options: [
    configOption,
    ['--stage <name>', 'this one of several control planes alone'],
    ['--zone <zone-id>', 'where requests of data planes in this zone go, such as use1-az1'],
    ['--method <method>', 'of a path or URL: GET by default'],
    ['--host <host>', "of a path or URL: the Host header, in place of the URL's"],
    ['--header <name:value>', 'of a path or URL: a header that the request has; may be repeated', 'repeatable'],
    ['--worker <url>', 'ask the worker at this address, such as http://127.0.0.1:9543'],
    ['--strict', 'end with 5 where a scope is unknown or an endpoint is in quarantine'],
  ],
  isPrinted: () => true,
  load: async () => (await import('./verb')).runExplain,
};
