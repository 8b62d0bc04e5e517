import { settleClaims } from '#core/claims/settle';
import { groupBy } from '#core/group-by';
import type { Snapshot } from '#core/model';
import { knownEndpoints, knownScopes, lastQuarantined } from '#core/snapshot';
import { openFindings } from '#discovery/sources';
import { type Diagnosis, failed, ok, warning } from '../control-planes/diagnosis';
import { isOurs, namesOf, reportScope, type ScopeReport, type Unknown, unknownTogether } from '../pass/report';
import type { Context } from './context';

/** Codes of unknown scopes that the next pass reads without any change. */
const passing: ReadonlySet<string> = new Set(['THROTTLED', 'UNCONFIRMED']);

/**
 * Checks credentials, permissions, region, clock and network of each scope, with AWS's own words.
 */
export async function checkScopes({ snapshot }: Context): Promise<readonly Diagnosis[]> {
  const { takenAtMs, scopes: states } = await snapshot;
  const scopes = states.map((state) => reportScope(state, takenAtMs));
  const known = scopes.filter(({ status }) => status === 'known');
  // Hundreds of accounts have thousands of scopes, most of them empty.
  const read = [...groupBy(known, ({ id, endpoints }) => (endpoints > 0 ? id : '')).values()];
  return [
    ...read.map((group) => lineOfAll(group, ok(`read; endpoints: ${group[0]?.endpoints}`))),
    ...unknownTogether(scopes).map((one) => lineOfAll(one.together, failureOf(one))),
  ];
}

/**
 * Returns one line for scopes with the same result. Several names go to the last column, which has
 * no padding.
 */
function lineOfAll(scopes: readonly ScopeReport[], said: Diagnosis): Diagnosis {
  const [first, ...more] = scopes;
  if (more.length === 0) return { ...said, about: first?.id };
  return { ...said, about: `${first?.id} and ${more.length} more`, detail: `${said.detail} (${namesOf(scopes)})` };
}

function failureOf({ code = '', reason = '' }: Unknown): Diagnosis {
  return passing.has(code) ? warning(reason) : failed(reason);
}

const unread = warning('not checked: see scope');

function isUnread(snapshot: Snapshot): boolean {
  return knownScopes(snapshot).length === 0;
}

/** Counts the endpoints that can be routed to, over all scopes. */
export async function checkEndpoints(context: Context): Promise<readonly Diagnosis[]> {
  const snapshot = await context.snapshot;
  if (isUnread(snapshot)) return [unread];
  const endpoints = knownEndpoints(snapshot);
  const quarantined = [...lastQuarantined(snapshot), ...settleClaims(snapshot).quarantined].filter(isOurs);
  const domains = new Set(endpoints.map((one) => one.domain));
  const counts = `endpoints: ${endpoints.length}, domains: ${domains.size}, quarantined: ${quarantined.length}`;
  if (quarantined.length > 0) return [warning(`${counts}; kong-privatelink discover lists each with its fix`)];
  if (endpoints.length > 0) return [ok(counts)];
  return [warning(`${counts}; tag an endpoint with its domain, in an account and region of sources`)];
}

/** Checks for network problems that routing cannot fix. */
export async function checkNetworks(
  { snapshot, config, aws }: Context,
  signal: AbortSignal,
): Promise<readonly Diagnosis[]> {
  const seen = { ...(await snapshot), warnings: [] };
  if (isUnread(seen)) return [unread];
  const { findings = [], warnings = [] } = await openFindings(config, { clock: aws.clock, aws })(seen, signal);
  if (findings.length === 0 && warnings.length === 0) return [ok('findings: 0')];
  const found = `findings: ${findings.length}; kong-privatelink discover shows each with its fix`;
  return [...(findings.length > 0 ? [found] : []), ...warnings].map(warning);
}
