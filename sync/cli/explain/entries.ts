import { configOption, stageOption, strictOption, type VerbEntry } from '../verb-entry';

/** Help of `explain`. */
export const explainEntry: VerbEntry = {
  name: 'explain',
  summary: 'Explain a code, domain, request, address or endpoint, and what the next pass does',
  help: `
Reads as diff does, and writes nothing. QUESTION is a domain (sd2), a path or URL (/sd2/orders), an
address (10.0.1.11, with or without a port), an endpoint's id, or a code.
For a code (ACCESS_DENIED, bad-tag, "scope unknown") it shows what happened, the causes and the
fixes. This reads no configuration, no AWS and no control plane. Where a domain has the name of a
code, ask for its path (/bad-tag).
For all else it shows the tag and the endpoint that claim QUESTION, and other endpoints with the
same claim. It shows what each control plane holds, what the next pass does, and why a change does
not happen now. It shows where a data plane in each zone sends requests. For a path or URL it shows
the route that takes the request, of all routes, by the rules of Kong's router (router_flavor
traditional_compatible).
--worker asks a running worker in place of AWS: the answer is what its last pass found and did. Put
the worker's watch.token into $KONG_PRIVATELINK_WATCH_TOKEN, or name its configuration with -c.`,
  exits: {
    done: 'explained',
    error: 'error, or nothing found: the nearest names are shown',
    uncertain: '--strict: something is unknown, or an endpoint is in quarantine',
  },
  argument: ['<question>', 'A code, domain, path, URL, address or endpoint'],
  options: [
    configOption,
    stageOption,
    ['--zone <zone-id>', 'Only data planes in this zone, for example use1-az1'],
    ['--method <method>', 'For a path or URL: the method (default: GET)'],
    ['--host <host>', "For a path or URL: the Host header, in place of the URL's"],
    ['--header <name:value>', 'For a path or URL: a request header. May be repeated', 'repeatable'],
    ['--worker <url>', 'Ask the worker at this address, for example http://127.0.0.1:9543'],
    strictOption,
  ],
  isPrinted: () => true,
  load: async () => (await import('./verb')).runExplain,
};
