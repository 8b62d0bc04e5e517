import { z } from 'zod';
import type { Setting } from '../configuration';
import { type FaultStage, faultActs } from '../fault-story';
import type { Hop, StoryEvent } from '../story';
import {
  type Act,
  ask,
  broken,
  createHopBook,
  createRoles,
  type Estate,
  type Ground,
  loopbackAllowed,
  type Prepared,
  type Stage,
  timed,
  warmUp,
} from './estate';
import { tagPaths } from './provider';
import { accounts, type Connected, frontOf, homeZone, openT0, region, type T0 } from './t0';
import { breakContract, contractsT0 } from './t0-contracts';

/** The product's settings for the estate. */
export const settingT0: Setting = {
  accounts,
  region,
  zoneId: homeZone,
  domains: ['egress', 'sd2'],
  sources: (url) =>
    `sources:\n  - { name: hub, type: vpc-endpoints, regions: [${region}], endpoint: "${url}", allow: { ${loopbackAllowed} } }\n`,
  pulse: { action: 'DescribeVpcEndpoints', region },
};

/**
 * Estate T0: an empty control plane, a recreated endpoint and a rejected connection, or AWS's
 * faults.
 */
export async function prepareT0(ground: Ground): Promise<Prepared> {
  createRoles(ground.world, accounts);
  return {
    title: `estate T0 on loopback
  SD1 (111111111111) -> Kong gateway (222222222222) -> SD2 (333333333333)
  -> gateway -> egress (444444444444) -> on-premises`,
    setting: { ...settingT0, contracts: contractsT0(frontOf(ground.world)) },
    open: async (gateway) => estateOf(await openT0({ ...ground, gateway })),
  };
}

/** Asked of a gateway, it leads through SD2 and egress to on-premises. */
export const path = '/sd2/orders';
const answerSchema = z.object({ domain: z.literal('sd2'), onPremises: z.object({ nonce: z.string() }) });

/**
 * Requests SD2 at a gateway, or at an address in front of one. Returns the nonce of on-premises.
 */
export async function askSd2(address: string, traceId: string): Promise<string> {
  const { status, body } = await ask(address, path, traceId);
  const parsed = answerSchema.safeParse(body);
  if (!parsed.success) throw new Error(`the answer was ${status} ${JSON.stringify(body)}`);
  return parsed.data.onPremises.nonce;
}

function estateOf(t0: T0): Estate {
  const book = createHopBook();
  const door = {
    ...{ from: 'sd1', to: 'gateway', address: t0.sd1Door, zoneId: homeZone },
    reason: "SD1's own endpoint to the gateway",
  };
  return {
    door: `${t0.sd1Door}${path}`,
    legs: ['sd1 gateway', 'gateway sd2', 'sd2 gateway', 'gateway egress', 'egress on-premises'],
    send: (traceId) => timed(book, { ...door, traceId }, () => askSd2(t0.sd1Door, traceId)),
    takeHops: (traceId) => [...book.take(traceId), ...t0.takeHops(traceId)],
    acts: [connect, (stage) => recreate(t0, stage), ...waitingActs(t0)],
    faultActs: [
      connect,
      ...faultActs.map(
        (act): Act =>
          (stage) =>
            act(faultStageOf(t0, stage)),
      ),
      (stage) => stage.synchronise('AWS is well again, and the second connection to SD2 is taken in'),
    ],
    isContracted: true,
    experiment: () => tagPaths(t0.sd2.endpointId, ['/sd2', '/orders']),
    close: t0.close,
  };
}

const connect: Act = (stage) =>
  stage.synchronise('SD2 and egress are connected: their endpoints carry the tag kong:domain', () => warmUp(stage));

async function recreate(t0: T0, stage: Stage): Promise<StoryEvent> {
  const { old } = await t0.recreateSd2();
  const event = await stage.synchronise("SD2's endpoint was deleted and made anew, with other addresses", old.close);
  return mustNotReach(old.addresses, event);
}

/** A second connection to SD2 waits while others break the contract; then SD2 rejects it. */
function waitingActs(t0: T0): readonly Act[] {
  let second: Connected | undefined;
  const isUsed = () => (second?.provider.requests().length ?? 0) > 0;
  const judged = (event: StoryEvent) =>
    isUsed() || event.changed.length > 0 ? broken(event, 'an endpoint that was never accepted was used') : event;
  return [
    async (stage) => {
      second = await t0.connectSecond();
      return judged(await breakContract(t0, stage));
    },
    async (stage) => {
      if (second) stage.world.reject(second.endpointId);
      return judged(await stage.synchronise('the second connection to SD2 waited for acceptance, and SD2 rejected it'));
    },
  ];
}

function faultStageOf(t0: T0, stage: Stage): FaultStage {
  const connectSecond = async () => {
    const second = await t0.connectSecond();
    stage.world.accept(second.endpointId);
    return second;
  };
  return { ...stage, connectSecond };
}

function mustNotReach(addresses: readonly string[], event: StoryEvent): StoryEvent {
  const isOld = ({ to, address }: Hop) =>
    to === 'sd2' && addresses.includes(address.slice(0, address.lastIndexOf(':')));
  const stale = event.trip.hops.find(isOld);
  return stale && addresses.length > 1 ? broken(event, `the request went to ${stale.address}, which is gone`) : event;
}
