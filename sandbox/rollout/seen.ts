import { until } from '../until';
import { type Edition, editionIn } from './editions';
import type { Fleet, Lane } from './fleet';

/** Returns the edition of a stage's control plane. */
export function heldBy(stage: string, { konnect }: Pick<Fleet, 'konnect'>): Edition | undefined {
  return editionIn(konnect.entities(stage, 'plugins'));
}

/** Returns the positions of writes to a stage's plugins among all calls, from `from` on. */
export function pluginWrites(stage: string, { konnect }: Fleet, from: number): readonly number[] {
  const root = `/v2/control-planes/${konnect.idOf(stage)}/core-entities/`;
  return konnect.calls.flatMap(({ method, path, status }, index) => {
    const isWrite = method !== 'GET' && status < 300 && path.startsWith(root);
    return index >= from && isWrite && /\bplugins\b/.test(path.slice(root.length)) ? [index] : [];
  });
}

/** Waits until each gateway runs its control plane's configuration. */
export function untilFollowed({ lanes, konnect }: Fleet, signal: AbortSignal): Promise<void> {
  const isFollowed = () => lanes.every(({ name, gateway }) => gateway.configHash() === konnect.configHash(name));
  return until('a gateway did not follow its control plane', isFollowed, signal);
}

/**
 * Waits until requests through each gateway go to SD2's present addresses. Throws where a control
 * plane has others.
 */
export async function untilReached(fleet: Fleet, signal: AbortSignal): Promise<void> {
  const { lanes, konnect, t0 } = fleet;
  const { addresses, port } = t0.sd2.provider;
  const now = addresses.map((ip) => `${ip}:${port}`);
  const targetsOf = ({ name }: Lane) => konnect.entities(name, 'targets').map(({ target }) => target);
  const behind = lanes.find((lane) => now.some((one) => !targetsOf(lane).includes(one)));
  if (behind) throw new Error(`${behind.name} did not get the addresses of SD2`);
  await untilFollowed(fleet, signal);
  const isReached = ({ lastHop }: Lane) => {
    const { chosenBy, address = '' } = lastHop() ?? {};
    return chosenBy === 'plugin' && now.includes(address);
  };
  await until('requests did not go to the new addresses of SD2', () => lanes.every(isReached), signal);
}
