import { PrivatelinkError } from '#core/errors';
import { type During, quietly } from '#io/terminal';
import type { Estate } from './estates/estate';
import { estateNamed } from './estates/estates';
import type { Loopback } from './network/loopback';
import type { Product } from './product';
import { openStage } from './stage';
import type { Story, StoryEvent } from './story';

/** Hears of the acts as they happen, for a person who watches. */
export type Narrator = {
  /** `title` names the estate and its parties. */
  readonly opening: (loopback: Loopback, title: string) => void;
  readonly event: (event: StoryEvent) => void;
  /** Around everything that takes a while. */
  readonly during?: During;
};

export type Demonstration = {
  readonly story: Story;
  readonly product: Product;
  readonly estate: Estate;
  readonly close: () => Promise<void>;
};

export type DemonstrationOptions = {
  /** Default T0. */
  readonly estate?: string;
  /** AWS's faults instead of the estate's changes. */
  readonly faults?: boolean;
};

/**
 * Runs the acts of an estate from an empty control plane. Stops between them when aborted. Throws
 * PrivatelinkError before the start when something is missing.
 */
export async function demonstrate(
  narrator: Narrator,
  signal: AbortSignal,
  { estate: name = 'T0', faults = false }: DemonstrationOptions = {},
): Promise<Demonstration> {
  const { during = quietly } = narrator;
  const { prepare, hasFaults } = estateNamed(name);
  if (faults && !hasFaults) throw faultless(name);
  const open = () => openStage(prepare, signal);
  const stage = await during('starting AWS, Konnect, the gateway and the plugin', open);
  narrator.opening(stage.loopback, stage.title);
  try {
    const events: StoryEvent[] = [];
    const acts = (faults ? stage.estate.faultActs : undefined) ?? stage.estate.acts;
    for (const [index, act] of acts.entries()) {
      signal.throwIfAborted();
      const what = `waiting for discover, sync and the data plane, step ${index + 1} of ${acts.length}`;
      const event = await during(what, () => act(stage));
      events.push(event);
      narrator.event(event);
    }
    const [first] = events;
    const ok = events.every((event) => event.trip.ok);
    return { ...stage, story: { ok, nonce: first?.trip.nonce ?? '', hops: first?.trip.hops ?? [], events } };
  } catch (thrown) {
    await stage.close();
    // The stop is no failure of the act.
    signal.throwIfAborted();
    throw thrown;
  }
}

function faultless(name: string): PrivatelinkError {
  return new PrivatelinkError(`estate ${name} shows no faults`, { code: 'CONFIG_INVALID', fix: 'leave --estate out' });
}
