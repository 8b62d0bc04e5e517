import { request } from 'undici';
import { type Edition, editionNames, maintenanceHeader } from './editions';
import type { Fleet } from './fleet';
import { heldBy, pluginWrites, untilFollowed, untilReached } from './seen';
import type { Tolerates } from './traffic';

/** A resource that nobody needs after the command. */
type Left = { close(): Promise<void> } | undefined;

/** The context of the checks after a command. */
export type After = {
  readonly fleet: Fleet;
  /** Number of calls to Konnect before the act. */
  readonly from: number;
  readonly left: Left;
  readonly signal: AbortSignal;
};

export type Act = {
  readonly what: string;
  /** Runs before the command. */
  readonly begin: (fleet: Fleet) => Promise<Left>;
  readonly verb: 'rollout' | 'sync';
  /** The expected exit code of the command. */
  readonly exitCode: number;
  /**
   * Checks the end of the command, and throws when something is wrong. Absent: every request has to
   * succeed.
   */
  readonly end: (after: After) => Promise<Tolerates | undefined>;
};

/** The verb's exit code when a gate halts it. */
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
    what: "SD2's endpoint is recreated with other addresses while the stages wait",
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

/** Each stage got the edition in order. */
async function endInOrder(edition: Edition, { fleet, from, signal }: After): Promise<undefined> {
  const { lanes, traffic } = fleet;
  mustHold(edition, fleet, lanes);
  const firsts = lanes.map(({ name }) => pluginWrites(name, fleet, from)[0] ?? Infinity);
  const isInOrder = firsts.every((first, index) => index === 0 || (firsts[index - 1] ?? Infinity) < first);
  if (!isInOrder) throw new Error('a stage got the revision before the stage ahead had proved it');
  await untilFollowed(fleet, signal);
  await traffic.round(signal);
  return undefined;
}

/**
 * The first stage got the edition and rolled back. All of its requests succeeded after that. The
 * other stages never saw it.
 */
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

/** All stages followed without a new revision, and nobody asks at the old addresses any more. */
async function endMoved({ fleet, from, left, signal }: After): Promise<undefined> {
  const { traffic, lanes } = fleet;
  const moved = lanes.find(({ name }) => pluginWrites(name, fleet, from).length > 0);
  if (moved) throw new Error(`${moved.name} got a revision that had to wait`);
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
