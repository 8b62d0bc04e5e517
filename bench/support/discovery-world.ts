import { constants, setPriority } from 'node:os';
import { startAws } from '#sandbox/aws/server';
import { createWorld } from '#sandbox/aws/world/world';
import { zoneIdsOf } from '#sandbox/aws/world/zones';

/** 10,000 endpoints x 3 zones in 25 accounts x 4 regions, served by a process of its own; tells its parent the URL. */
export const estate = {
  accounts: Array.from({ length: 25 }, (_, index) => String(200_000_000_000 + index)),
  regions: ['us-east-1', 'us-west-2', 'eu-west-1', 'eu-central-1'],
  endpointsPerScope: 100,
  domains: 200,
  zones: 3,
};

async function serve(): Promise<void> {
  // It stands for another machine: what is measured goes first on the cores that both share.
  setPriority(constants.priority.PRIORITY_LOW);
  const world = createWorld();
  for (const account of estate.accounts) world.createRole({ account, name: 'kong-privatelink', externalId: 'bench' });
  for (const [scopeIndex, { account, region }] of scopes().entries()) {
    const service = world.createService({ account: '333333333333', region });
    for (let index = 0; index < estate.endpointsPerScope; index += 1) {
      const domain = `sd${(scopeIndex * estate.endpointsPerScope + index) % estate.domains}`;
      const interfaces = zoneIdsOf(region)
        .slice(0, estate.zones)
        .map((zoneId, zone) => ({ zoneId, ip: `10.${scopeIndex}.${zone}.${index + 1}` }));
      world.createEndpoint({ account, region, serviceName: service.name, tags: { 'kong:domain': domain }, interfaces });
    }
  }
  const aws = await startAws(world);
  process.send?.({ url: aws.url });
  process.on('message', () => process.send?.({ calls: aws.calls.length }));
}

export function scopes(): readonly { readonly account: string; readonly region: string }[] {
  return estate.accounts.flatMap((account) => estate.regions.map((region) => ({ account, region })));
}

if (require.main === module) void serve();
