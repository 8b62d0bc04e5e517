import { settleClaims } from '../../core/claims';
import type { Endpoint, Snapshot } from '../../core/model';
import { formatEndpoints, formatQuarantined, formatScopes } from '../output/report-text';
import { exitCodes, hasNoCredentials, reportScope } from '../report';
import { openConfig, openDiscovery } from '../session';
import { systemClock } from '../system-clock';
import type { Command } from './command';

/** Shows what discovery sees: endpoints by domain, quarantined ones with the fix, and scopes that are unknown. */
export const runDiscover: Command = async (options, signal) => {
  const snapshot = await openDiscovery(openConfig(options), systemClock).discover(signal);
  const { terminal } = options;
  const scopes = snapshot.scopes.map((state) => reportScope(state, snapshot.takenAtMs));
  const quarantined = [...ownQuarantined(snapshot), ...settleClaims(snapshot).quarantined];
  if (options.json) terminal.out(`${JSON.stringify({ scopes, endpoints: endpointsOf(snapshot), quarantined })}\n`);
  else
    terminal.out(
      formatEndpoints(rowsOf(snapshot)) + formatQuarantined(quarantined, terminal) + formatScopes(scopes, terminal),
    );
  return hasNoCredentials({ scopes }) ? exitCodes.error : exitCodes.done;
};

function endpointsOf(snapshot: Snapshot): readonly Endpoint[] {
  return snapshot.scopes
    .flatMap((state) => (state.status === 'known' ? state.discovered.endpoints : []))
    .sort((a, b) => (`${a.domain} ${a.id}` < `${b.domain} ${b.id}` ? -1 : 1));
}

function ownQuarantined(snapshot: Snapshot) {
  return snapshot.scopes.flatMap((state) => (state.status === 'known' ? state.discovered.quarantined : []));
}

function rowsOf(snapshot: Snapshot): readonly (readonly string[])[] {
  return endpointsOf(snapshot).map(({ domain, id, state, reason, scopeId, port, addresses }) => [
    domain,
    id,
    reason ? `${state} (${reason})` : state,
    scopeId,
    addresses.map(({ ip, zoneId }) => `${ip}:${port}${zoneId ? `@${zoneId}` : ''}`).join(' '),
  ]);
}
