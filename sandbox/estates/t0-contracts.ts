import { randomUUID } from 'node:crypto';
import type { EndpointService } from '../aws/world/model';
import type { Setting } from '../configuration';
import { type ContractsSeen, contractsSchema, describeContracts } from '../reported';
import type { Hop, StoryEvent } from '../story';
import { ask, broken, createHopBook, type Stage, timed } from './estate';
import { accounts, type Door, homeZone, region, type T0 } from './t0';

/** The contracts of T0: each consumer may call its own chain, and nothing else. */
export function contractsT0({ id }: EndpointService): Setting['contracts'] {
  return (endpoint) => ({
    services: [{ id, region, endpoint }],
    consumers: {
      sd1: { accounts: [accounts.sd1], calls: ['sd2'] },
      sd2: { accounts: [accounts.sd2], calls: ['egress'] },
    },
    accept: 'contracted',
    mode: 'enforce',
  });
}

/**
 * SD1 calls a domain reserved for SD2, and an account without a contract connects to the gateway.
 * Both are refused.
 */
export async function breakContract(t0: T0, stage: Stage): Promise<StoryEvent> {
  const stranger = await t0.connectStranger();
  const what = `SD1 calls /egress, although only SD2 may call it, and account ${accounts.stranger} without a contract connects to the gateway`;
  let connected: ContractsSeen = { connections: [] };
  const look = async () => {
    connected = contractsSchema.parse(await stage.product.run('contracts'));
    return { discovered: [], findings: [], contracts: describeContracts(connected) };
  };
  const event = await stage.synchronise(what, undefined, look);
  const tries = [await callEgress(t0, stage), await callAsStranger(stranger, stage)];
  const told = {
    ...event,
    trip: { ...event.trip, hops: [...event.trip.hops, ...tries.flatMap(({ hops }) => hops)] },
  };
  const [problem] = [
    ...tries.flatMap((one) => one.problem ?? []),
    ...(isWaiting(stranger, connected) ? [] : [accepted]),
  ];
  return problem ? broken(told, problem) : told;
}

const accepted = `contracts does not show that the connection of account ${accounts.stranger} waits`;

function isWaiting({ endpointId }: Door, { connections }: ContractsSeen): boolean {
  const found = connections.find((one) => one.endpointId === endpointId);
  return found?.state === 'pendingAcceptance' && found.consumer === undefined && found.mayCall.length === 0;
}

/** A request that must not get through, with its hops, and the failure, if any. */
type Try = { readonly hops: readonly Hop[]; readonly problem?: string };

async function callEgress({ sd1Door }: T0, stage: Stage): Promise<Try> {
  const [traceId, book] = [randomUUID(), createHopBook()];
  const door = {
    from: 'sd1',
    to: 'gateway',
    address: sd1Door,
    zoneId: homeZone,
    reason: "SD1's own endpoint to the gateway",
  };
  const { status } = await timed(book, { ...door, traceId }, () => ask(sd1Door, '/egress/record', traceId));
  const through = stage.hopsOf(traceId);
  const isRefused = status === 403 && through.every(({ address }) => address === 'none');
  return {
    hops: [...book.take(traceId), ...through],
    ...(!isRefused && { problem: `SD1 called /egress, although only SD2 may call it, and got ${status}` }),
  };
}

async function callAsStranger({ endpointId, address }: Door, { world, hopsOf }: Stage): Promise<Try> {
  const [traceId, startMs] = [randomUUID(), performance.now()];
  const status = await ask(address, '/sd2/orders', traceId).then(
    (answer) => answer.status,
    () => undefined,
  );
  const reason = `closed: its connection is ${world.endpoint(endpointId)?.state}`;
  const hop = { from: accounts.stranger, to: 'gateway', address, reason, latencyMs: performance.now() - startMs };
  const isClosed = status === undefined && hopsOf(traceId).length === 0;
  return { hops: [hop], ...(!isClosed && { problem: `account ${accounts.stranger} reached the gateway: ${status}` }) };
}
