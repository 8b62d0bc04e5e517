import { z } from 'zod';
import type { KonnectConfig } from '#config/schema';
import { messageOf, PrivatelinkError } from '#core/errors';
import { isOwnPlugin, pluginName } from '#core/names';
import type { Clock } from '#core/timing/clock';
import { withinDeadline } from '#io/signals';
import type { Change } from '../../plan/changes';
import { type EntityControlPlane, rolloutPollMs, rolloutWaitMs } from '../control-plane';
import { entityPages, readPages } from '../kong-api/pages';
import type { Plane } from './plane';
import { isCompatible, isIncompatible } from './release';
import { type ConnectedNode, readConnected, readExpectedHash } from './settled';
import { tooOldFix, tooOldToStream } from './streamed';

type OpenedPlane = Omit<Plane, 'id'>;

export type FirstEntityOptions = Pick<KonnectConfig, 'streamPlugins'> & {
  readonly open: (signal: AbortSignal) => Promise<OpenedPlane>;
  readonly write: EntityControlPlane['write'];
  readonly clock: Clock;
};

/**
 * Time until a plugin that did not fit is tried again: each trial stops the data planes from
 * loading other writes.
 */
const againMs = 10 * 60_000;

/**
 * Returns a `write` that tries the first entity of each of our plugins. A data plane without the
 * plugin loads no more configuration, and Konnect reports that only afterwards. An entity that a
 * data plane cannot use is removed again. Its change fails with REJECTED, and so do others of this
 * plugin for ten minutes.
 */
export function tryFirstEntities(options: FirstEntityOptions): EntityControlPlane['write'] {
  const { write, clock } = options;
  const trials = new Map<string, { readonly ended: Promise<void>; readonly untilMs: () => number }>();
  const begin = (plugin: string, change: Change, signal: AbortSignal) => {
    let untilMs = Number.POSITIVE_INFINITY;
    const ended = tryEntity(change, plugin, options, signal);
    ended.catch((thrown: unknown) => {
      untilMs = isMisfit(thrown) ? clock.monotonicMs() + againMs : 0;
    });
    trials.set(plugin, { ended, untilMs: () => untilMs });
    return ended;
  };
  return async (change, signal) => {
    const plugin = ownPluginOf(change);
    if (plugin === undefined) return write(change, signal);
    const trial = trials.get(plugin);
    if (!trial || trial.untilMs() <= clock.monotonicMs()) return begin(plugin, change, signal);
    await trial.ended;
    return write(change, signal);
  };
}

/** The name of our plugin, if the change creates an entity of it. */
function ownPluginOf({ action, kind, after }: Change): string | undefined {
  const name = action === 'create' && kind === 'plugin' ? after?.fields.name : undefined;
  return typeof name === 'string' && isOwnPlugin(name) ? name : undefined;
}

async function tryEntity(
  change: Change,
  plugin: string,
  { open, write, clock, streamPlugins }: FirstEntityOptions,
  signal: AbortSignal,
): Promise<void> {
  const plane = await open(signal);
  if (await isUsed(plane, plugin, signal)) return write(change, signal);
  const { nodes: before, expected: hash } = (await readTogether(plane, { signal, timeoutMs: rolloutWaitMs })) ?? untold;
  const old = streamPlugins && plugin !== pluginName ? tooOldToStream(before) : [];
  if (old.length > 0) throw misfit(`${old.join(', ')} cannot get plugin ${plugin} from the control plane`, tooOldFix);
  await write(change, signal);
  const lost = await awaitNodes(plane, { nodes: before.filter(isCompatible), hash, clock, signal });
  if (lost.length === 0) return;
  const why = `${lost.map(nameOfLost).join(', ')} cannot use plugin ${plugin}`;
  const undo: Change = { ...change, action: 'delete', after: undefined };
  await write(undo, signal).catch((thrown: unknown) => {
    throw misfit(
      `${why}, and its entity could not be removed again: ${messageOf(thrown)}`,
      `delete the entity by hand, or ${fix}`,
    );
  });
  throw misfit(`${why}: its entity was removed again`, fix);
}

/** A token that cannot read data planes makes no trial. */
const untold = { nodes: [], expected: undefined };

const fix =
  'install the plugin on every data plane and list it in their KONG_PLUGINS (streamed: see their KONG_UNTRUSTED_LUA), then sync again';

function nameOfLost({ name, version, state }: ConnectedNode): string {
  return `data plane ${name} (${version ?? 'version unknown'}, ${state})`;
}

class Misfit extends PrivatelinkError {}

function misfit(reason: string, what: string): PrivatelinkError {
  return new Misfit(reason, { code: 'REJECTED', fix: what });
}

function isMisfit(thrown: unknown): boolean {
  return thrown instanceof Misfit;
}

const plugins = entityPages(z.object({ name: z.string() }));

/** Whether the control plane already has an entity of the plugin. Then the data planes know it. */
async function isUsed({ http, path }: OpenedPlane, plugin: string, signal: AbortSignal): Promise<boolean> {
  const list = { path: `${path}/core-entities/plugins`, shape: plugins };
  return (await readPages(http, list, signal)).some(({ name }) => name === plugin);
}

type Waiting = {
  /** Data planes that could use the configuration before. */
  readonly nodes: readonly ConnectedNode[];
  /** The hash that was expected then. */
  readonly hash: string | undefined;
  readonly clock: Clock;
  readonly signal: AbortSignal;
};

/**
 * Returns the data planes that cannot use the new configuration. Empty when all run it, when none
 * complains within 30 s, or when stopped.
 */
async function awaitNodes(
  plane: OpenedPlane,
  { nodes, hash: former, clock, signal }: Waiting,
): Promise<readonly ConnectedNode[]> {
  const names = new Set(nodes.map(({ name }) => name));
  const untilMs = clock.monotonicMs() + rolloutWaitMs;
  for (let leftMs = rolloutWaitMs; leftMs > 0 && names.size > 0; leftMs = untilMs - clock.monotonicMs()) {
    const seen = await readTogether(plane, { signal, timeoutMs: leftMs });
    const same = seen?.nodes.filter(({ name }) => names.has(name)) ?? [];
    const lost = same.filter(isIncompatible);
    if (lost.length > 0 || signal.aborted) return lost;
    if (seen && seen.expected !== former && same.every(({ hash }) => hash === seen.expected)) return [];
    await clock.sleep(rolloutPollMs, signal).catch(() => {});
  }
  return [];
}

/** Reads the data planes and the expected hash. Undefined when that takes too long. */
function readTogether(plane: OpenedPlane, deadline: { readonly signal: AbortSignal; readonly timeoutMs: number }) {
  const read = async (signal: AbortSignal) => ({
    expected: await readExpectedHash(plane.http, plane.path, signal),
    nodes: await readConnected(plane, signal),
  });
  return withinDeadline(read, { ...deadline, asked: 'the control plane' }).catch(() => undefined);
}
