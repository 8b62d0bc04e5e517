import { PrivatelinkError } from '#core/errors';
import { knownEndpoints, unknownScopes } from '#core/snapshot';
import type { Planned } from './plan-once';
import type { Report } from './report';

/**
 * Returns the report for one domain, with the parts that concern all domains. Throws
 * PrivatelinkError (CONFIG_INVALID) when all scopes were read and nothing of the domain is
 * discovered or held.
 */
export function onlyDomain({ report, plan, held, snapshot }: Planned, domain: string): Report {
  const isOfIt = (one: { readonly domain?: string }) => one.domain === domain;
  const { changes, kept, quarantined, withheld, publications } = report;
  const lists = [knownEndpoints(snapshot), plan.desired, held, changes, quarantined, publications ?? []];
  if (unknownScopes(snapshot).length === 0 && !lists.some((list) => list.some(isOfIt))) {
    const fix = 'kong-privatelink discover lists the domains';
    throw new PrivatelinkError(`--domain ${domain}: nothing of this domain is discovered or held`, {
      code: 'CONFIG_INVALID',
      fix,
    });
  }
  const ofIt = withheld && { ...withheld, changes: withheld.changes.filter(isOfIt) };
  return {
    ...report,
    contracts: undefined,
    changes: changes.filter(isOfIt),
    kept: kept.filter(isOfIt),
    protected: report.protected?.filter(isOfIt),
    quarantined: quarantined.filter(isOfIt),
    withheld: ofIt && ofIt.changes.length > 0 ? ofIt : undefined,
    publications: publications?.filter(isOfIt),
  };
}
