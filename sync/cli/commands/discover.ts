import { settleClaims } from '#core/claims/settle';
import type { Endpoint, Finding, Quarantined, Snapshot } from '#core/model';
import { printableData } from '#core/printable';
import { knownEndpoints, knownQuarantined } from '#core/snapshot';
import { createAwsAccess } from '#discovery/aws/access';
import { serialiseSnapshot } from '#discovery/snapshot/file';
import { createLastGoodStore, readOnly } from '#discovery/snapshot/last-good';
import { openFindings } from '#discovery/sources';
import { systemClock } from '#io/clock';
import { formatTable } from '#io/table';
import { type Terminal, withElapsed } from '#io/terminal';
import { hasNoCredentials, reportScope, type ScopeReport } from '../../pass/report';
import { formatFindings, formatQuarantined, formatScopes, formatWarnings } from '../../pass/report-text';
import { openDiscovery, openSources } from '../../pass/session';
import { exitCodeOfUncertain, exitCodes, type Strictness } from '../exit-codes';
import type { Configured, Verb } from '../verb';
import { writeOutput } from '../write-output';

type DiscoverOptions = Configured &
  Strictness & {
    /** Path for the snapshot. */
    readonly out?: string;
  };

/**
 * Shows the result of discovery: endpoints by domain, quarantined endpoints with fixes, unknown
 * scopes.
 */
export const runDiscover: Verb<DiscoverOptions> = async (options, signal) => {
  const { terminal, out } = options;
  const config = openSources(options);
  // A scope that is unknown now keeps its content in the file.
  const store = out ? readOnly(createLastGoodStore({ path: out, owner: config.owner, clock: systemClock })) : undefined;
  const aws = createAwsAccess(systemClock);
  const discovered = await withElapsed(terminal, 'discovering', () =>
    openDiscovery(config, aws, store).discover(signal),
  );
  const snapshot = await openFindings(config, { clock: systemClock, aws })(discovered, signal);
  const scopes = snapshot.scopes.map((state) => reportScope(state, snapshot.takenAtMs));
  const { warnings = [], findings = [] } = snapshot;
  const view = { scopes, endpoints: endpointsOf(snapshot), quarantined: quarantinedOf(snapshot), findings, warnings };
  const isBlind = hasNoCredentials({ scopes });
  const written = out && !isBlind ? await writeOutput(out, serialiseSnapshot(discovered, config.owner)) : undefined;
  terminal.out(options.json ? `${JSON.stringify(view)}\n` : formatView(view, terminal));
  if (written && !options.json) terminal.err(`${written}\n`);
  return isBlind ? exitCodes.error : exitCodeOfUncertain(view, options);
};

type View = {
  readonly scopes: readonly ScopeReport[];
  readonly endpoints: readonly Endpoint[];
  readonly quarantined: readonly Quarantined[];
  readonly findings: readonly Finding[];
  readonly warnings: readonly string[];
};

function formatView(view: View, terminal: Terminal): string {
  const { scopes, endpoints, quarantined, findings, warnings } = printableData(view);
  const rows = endpoints.map((endpoint) => rowOf(endpoint, quarantined));
  const known = scopes.filter((scope) => scope.status === 'known').map((scope) => scope.id);
  const nothing = known.length > 0 ? `No endpoint with the domain tag is usable in ${known.join(', ')}\n` : '';
  const head = ['DOMAIN', 'ENDPOINT', 'STATE', 'SCOPE', 'ADDRESSES'];
  const table = rows.length > 0 ? formatTable(head, rows, terminal.columns) : nothing;
  return (
    table +
    formatWarnings(warnings, terminal) +
    formatQuarantined(quarantined, terminal) +
    formatFindings(findings, terminal) +
    formatScopes(scopes, terminal)
  );
}

function endpointsOf(snapshot: Snapshot): readonly Endpoint[] {
  return knownEndpoints(snapshot).toSorted((a, b) => (`${a.domain} ${a.id}` < `${b.domain} ${b.id}` ? -1 : 1));
}

function quarantinedOf(snapshot: Snapshot): readonly Quarantined[] {
  return [...knownQuarantined(snapshot), ...settleClaims(snapshot).quarantined];
}

function rowOf(endpoint: Endpoint, quarantined: readonly Quarantined[]): readonly string[] {
  const { domain, id, state, reason, scopeId, port, addresses } = endpoint;
  const states = [
    reason ? `${state} (${reason})` : state,
    ...(quarantined.some((one) => one.endpointId === id) ? ['quarantined'] : []),
  ];
  const places = addresses.map(({ ip, zoneId }) => `${ip}:${port}${zoneId ? `@${zoneId}` : ''}`);
  return [domain, id, states.join(', '), scopeId, places.join(' ')];
}
