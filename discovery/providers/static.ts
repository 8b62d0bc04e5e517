import type { StaticConfig } from '#config/schema';
import type { Source } from '../source';
import { type Claimed, createClaimedSource, discoverClaimed, shortDigestOf } from './written';

/** Addresses that the configuration lists. Their scope is always known. */
export function createStaticSource(config: StaticConfig): Source {
  const claimed = config.endpoints.map((entry, index) => claimedOf(entry, index, config));
  return createClaimedSource(config, async (scope) => discoverClaimed(claimed, config.allow, scope));
}

/**
 * The id names the place of the entry, not its content: an entry with a new host or new addresses
 * still owns its domain.
 */
function claimedOf(
  { addresses, ...claim }: StaticConfig['endpoints'][number],
  index: number,
  { name, endpoints }: StaticConfig,
): Claimed {
  const place = endpoints.slice(0, index).filter((one) => one.domain === claim.domain).length;
  return { id: `static-${claim.domain}-${place}-${shortDigestOf(name)}`, claim, ips: addresses };
}
