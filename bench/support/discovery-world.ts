import { constants, setPriority } from 'node:os';
import { startAws } from '#sandbox/aws/server';
import { createWorld } from '#sandbox/aws/world/world';
import { zoneIdsOf } from '#sandbox/aws/world/zones';

export type BenchEstate = {
  readonly accounts: readonly string[];
  readonly regions: readonly string[];
  /** One scope in this many holds endpoints. */
  readonly oneScopeIn: number;
  readonly endpointsPerScope: number;
  readonly domains: number;
  readonly zones: number;
  readonly latencyMs: number;
};

const regions = ['us-east-1', 'us-west-2', 'eu-west-1', 'eu-central-1'];

/** 10,000 endpoints x 3 zones in 25 accounts x 4 regions. */
const large: BenchEstate = {
  accounts: accountsOf(25),
  regions,
  oneScopeIn: 1,
  endpointsPerScope: 100,
  domains: 200,
  zones: 3,
  latencyMs: 0,
};

/** Estates to discover; a process of its own serves one of them. */
export const estates = {
  large,
  /** The same in one zone each. */
  oneZone: { ...large, zones: 1 },
  /** 500 accounts x 4 regions at 60 ms a call; every tenth scope holds an endpoint. */
  many: {
    accounts: accountsOf(500),
    regions,
    oneScopeIn: 10,
    endpointsPerScope: 1,
    domains: 200,
    zones: 3,
    latencyMs: 60,
  },
} satisfies Readonly<Record<string, BenchEstate>>;

export type EstateName = keyof typeof estates;

export function scopesOf({ accounts, regions: all }: BenchEstate) {
  return accounts.flatMap((account) => all.map((region) => ({ account, region })));
}

function accountsOf(length: number): readonly string[] {
  return Array.from({ length }, (_, index) => String(200_000_000_000 + index));
}

/** Tells its parent the URL, and the number of calls when it is asked. */
async function serve(estate: BenchEstate): Promise<void> {
  // The server stands for another machine: the measured process goes first on shared cores.
  setPriority(constants.priority.PRIORITY_LOW);
  const world = createWorld();
  for (const account of estate.accounts) world.createRole({ account, name: 'kong-privatelink', externalId: 'bench' });
  for (const [scopeIndex, { account, region }] of scopesOf(estate).entries()) {
    if (scopeIndex % estate.oneScopeIn !== 0) continue;
    const service = world.createService({ account: '333333333333', region });
    for (let index = 0; index < estate.endpointsPerScope; index += 1) {
      const domain = `sd${(scopeIndex * estate.endpointsPerScope + index) % estate.domains}`;
      const interfaces = zoneIdsOf(region)
        .slice(0, estate.zones)
        .map((zoneId, zone) => ({ zoneId, ip: `10.${scopeIndex % 256}.${zone + 4 * (scopeIndex >> 8)}.${index + 1}` }));
      world.createEndpoint({ account, region, serviceName: service.name, tags: { 'kong:domain': domain }, interfaces });
    }
  }
  const aws = await startAws(world, estate);
  process.send?.({ url: aws.url });
  process.on('message', () => process.send?.({ calls: aws.calls.length }));
}

if (require.main === module) void serve(estates[process.argv[2] as EstateName]);
