import { request } from 'undici';
import { type Edition, editionNames, maintenanceHeader } from './editions';
import type { Fleet } from './fleet';
import { heldBy, pluginWrites, untilFollowed, untilReached } from './seen';
import type { Tolerates } from './traffic';

/** What nobody needs any more once the command has ended. */
type Left = { close(): Promise<void> } | undefined;

/** What follows a command, or is checked after it. */
export type After = {
  readonly fleet: Fleet;
  /** How many calls Konnect had seen before the act. */
  readonly from: number;
  readonly left: Left;
  readonly signal: AbortSignal;
};

export type Act = {
  readonly what: string;
  /** What happens before somebody runs the command. */
  readonly begin: (fleet: Fleet) => Promise<Left>;
  readonly verb: 'rollout' | 'sync';
  /** As the command has to end. */
  readonly exitCode: number;
  /** Throws what is not as it should be once the command has ended; absent: every request has to go right. */
  readonly end: (after: After) => Promise<Tolerates | undefined>;
};

/** Of the verb where a gate halts it. */
const halted = 3;

export const acts: readonly Act[] = [
  {
    what: 'three control planes get the first revision at once: nobody asked for a rollout yet',
    begin: edited('first'),
    ...{ verb: 'sync', exitCode: 0 },
    end: endFirst,
  },
  {
    what: 'a good revision: SD2 gets the plugin correlation-id',
    begin: edited('good'),
    ...{ verb: 'rollout', exitCode: 0 },
    end: (after) => endInOrder('good', after),
  },
  {
    what: 'a bad revision: SD2 gets a request-termination that answers everybody with 503',
    begin: edited('bad'),
    ...{ verb: 'rollout', exitCode: halted },
    end: endBack,
  },
  {
    what: "SD2's endpoint is made anew, with other addresses, while the stages wait",
    begin: async ({ t0 }) => (await t0.recreateSd2()).old,
    ...{ verb: 'sync', exitCode: halted },
    end: endMoved,
  },
  {
    what: `the configuration is mended: 503 only for requests with ${maintenanceHeader}`,
    begin: edited('mended'),
    ...{ verb: 'rollout', exitCode: 0 },
    end: endMended,
  },
];

function edited(edition: Edition): Act['begin'] {
  return async ({ edit }) => {
    await edit(edition);
    return undefined;
  };
}

async function endFirst({ fleet, signal }: After): Promise<undefined> {
  mustHold('first', fleet, fleet.lanes);
  await untilFollowed(fleet, signal);
  fleet.traffic.start();
  await untilReached(fleet, signal);
  await fleet.traffic.round(signal);
  return undefined;
}

/** One stage after the other got it. */
async function endInOrder(edition: Edition, { fleet, from, signal }: After): Promise<undefined> {
  const { lanes, traffic } = fleet;
  mustHold(edition, fleet, lanes);
  const firsts = lanes.map(({ name }) => pluginWrites(name, fleet, from)[0] ?? Infinity);
  const isInOrder = firsts.every((first, index) => index === 0 || (firsts[index - 1] ?? Infinity) < first);
  if (!isInOrder) throw new Error('a stage got the revision before it had proved itself on the one before');
  await untilFollowed(fleet, signal);
  await traffic.round(signal);
  return undefined;
}

/** The first stage got it and went back by itself, after which all of its requests went right; the others never saw it. */
async function endBack({ fleet, from, signal }: After): Promise<Tolerates> {
  const { lanes, traffic } = fleet;
  mustHold('good', fleet, lanes);
  const [canary, ...others] = lanes.map(({ name }) => ({ name, writes: pluginWrites(name, fleet, from).length }));
  if (!canary?.writes) throw new Error('the canary did not get the bad revision');
  const written = others.find(({ writes }) => writes > 0);
  if (written) throw new Error(`${written.name} got the bad revision`);
  await untilFollowed(fleet, signal);
  const backMs = performance.now();
  await traffic.round(signal);
  return (stage, { begunMs }) => stage === canary.name && begunMs < backMs;
}

/** All stages followed, although none got another revision; nobody asks at the old addresses any more. */
async function endMoved({ fleet, from, left, signal }: After): Promise<undefined> {
  const { traffic, lanes } = fleet;
  const moved = lanes.find(({ name }) => pluginWrites(name, fleet, from).length > 0);
  if (moved) throw new Error(`${moved.name} got another revision, which had to wait`);
  await untilReached(fleet, signal);
  await traffic.round(signal);
  await left?.close();
  await traffic.round(signal);
  return undefined;
}

async function endMended(after: After): Promise<undefined> {
  await endInOrder('mended', after);
  const headers = { [maintenanceHeader]: '1' };
  for (const { name, door } of after.fleet.lanes) {
    const { statusCode, body } = await request(door, { headers, signal: after.signal });
    await body.dump();
    if (statusCode !== 503) throw new Error(`${name} answered ${statusCode} to a request with ${maintenanceHeader}`);
  }
  return undefined;
}

function mustHold(edition: Edition, fleet: Fleet, lanes: Fleet['lanes']): void {
  const other = lanes.find(({ name }) => heldBy(name, fleet) !== edition);
  if (other) throw new Error(`${other.name} does not hold ${editionNames[edition]}`);
}
