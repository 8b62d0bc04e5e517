import { z } from 'zod';
import { messageOf } from '#core/errors';
import { type During, quietly } from '#io/terminal';
import { changesSchema, describeChanges } from '../reported';
import { type Act, acts } from './acts';
import { editionNames } from './editions';
import { type Fleet, openFleet } from './fleet';
import { heldBy } from './seen';
import type { RolloutEvent, RolloutStory, StageState } from './story';
import { firstWrong, type SentThrough, type Tolerates } from './traffic';

/** Hears of the acts as they happen, for a person who watches. */
export type RolloutNarrator = {
  readonly opening: () => void;
  readonly event: (event: RolloutEvent) => void;
  /** Around everything that takes a while. */
  readonly during?: During;
};

export type RolloutDemonstration = {
  readonly story: RolloutStory;
  readonly fleet: Fleet;
  readonly close: () => Promise<void>;
};

/** Plays the acts until one fails; stops between acts when aborted. */
export async function demonstrateRollout(
  narrator: RolloutNarrator,
  signal: AbortSignal,
): Promise<RolloutDemonstration> {
  const { during = quietly } = narrator;
  const fleet = await during('starting AWS, Konnect, three gateways and the plugin', () => openFleet(signal));
  narrator.opening();
  try {
    const events: RolloutEvent[] = [];
    for (const [index, act] of acts.entries()) {
      signal.throwIfAborted();
      const what = `waiting for the command and the gateways, step ${index + 1} of ${acts.length}`;
      const event = await during(what, () => tell(act, fleet, signal));
      events.push(event);
      narrator.event(event);
      if (event.problem !== undefined) break;
    }
    const ok = events.every(({ problem }) => problem === undefined);
    return { story: { ok, events }, fleet, close: fleet.close };
  } catch (thrown) {
    await fleet.close();
    // The stop is no failure of the act.
    signal.throwIfAborted();
    throw thrown;
  }
}

/** Plays one act, and returns its result. */
async function tell({ what, ...act }: Act, fleet: Fleet, signal: AbortSignal): Promise<RolloutEvent> {
  const { lanes, traffic } = fleet;
  const before = new Map(lanes.map(({ name }) => [name, traffic.sent(name).length]));
  const { ended, problem, tolerates } = await play(act, fleet, signal);
  const all = lanes.map(({ name }) => ({ name, sent: traffic.sent(name).slice(before.get(name)) }));
  const wrong = problem ?? firstWrong(all, tolerates);
  return {
    what,
    ...{ command: `kong-privatelink ${act.verb}`, exitCode: ended.exitCode, said: linesOf(ended.err) },
    stages: await statesOf(all, { fleet, written: ofStages(writtenSchema, ended.out) }),
    ...(wrong !== undefined && { problem: wrong }),
  };
}

const none: Tolerates = () => false;

async function play({ begin, verb, exitCode, end }: Omit<Act, 'what'>, fleet: Fleet, signal: AbortSignal) {
  const from = fleet.konnect.calls.length;
  const left = await begin(fleet);
  const ended = await fleet.run([verb]);
  try {
    if (ended.exitCode !== exitCode) throw new Error(`it ended with ${ended.exitCode}, not with ${exitCode}`);
    const tolerates = (await end({ fleet, from, left, signal })) ?? none;
    return { ended, tolerates, problem: undefined };
  } catch (thrown) {
    signal.throwIfAborted();
    return { ended, tolerates: none, problem: messageOf(thrown) };
  }
}

function linesOf(text: string): readonly string[] {
  return text.split('\n').filter((line) => line.trim() !== '');
}

const writtenSchema = z.object({ stage: z.string(), changes: changesSchema.default([]) });
const historySchema = z.object({ stage: z.string(), runs: z.string().optional() });

/** Returns a verb's `--json` output for stages; empty where the verb failed as a whole. */
function ofStages<T>(shape: z.ZodType<T>, out: string): readonly T[] {
  const { stages } = z.object({ stages: z.array(shape).default([]) }).parse(JSON.parse(out || '{}'));
  return stages;
}

type Told = { readonly fleet: Fleet; readonly written: readonly z.infer<typeof writtenSchema>[] };

async function statesOf(all: readonly SentThrough[], { fleet, written }: Told): Promise<readonly StageState[]> {
  const history = ofStages(historySchema, (await fleet.run(['history'])).out);
  return all.map(({ name, sent }) => {
    const edition = heldBy(name, fleet);
    return {
      stage: name,
      holds: edition ? editionNames[edition] : 'nothing',
      revision: history.find(({ stage }) => stage === name)?.runs,
      changed: describeChanges(written.find(({ stage }) => stage === name)?.changes ?? []),
      requests: sent.length,
      failed: sent.filter((one) => one.problem !== undefined).length,
    };
  });
}
