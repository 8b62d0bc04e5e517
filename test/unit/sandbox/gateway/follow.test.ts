import { afterEach, describe, expect, it } from '@jest/globals';
import { emptyConfig, type GatewayConfig } from '#sandbox/gateway/entities';
import { type Follower, followControlPlane } from '#sandbox/gateway/follow';
import { patienceMs } from '../../../support/until';

/** A control plane whose hash runs through `hashes`, one at each read, and stays at the last. */
function startFollower(hashes: (string | Error)[]) {
  const applied: GatewayConfig[] = [];
  const inSync: string[] = [];
  const readHash = async () => {
    const [hash = ''] = hashes.length > 1 ? hashes.splice(0, 1) : hashes;
    if (hash instanceof Error) throw hash;
    return hash;
  };
  const follower = followControlPlane({
    reader: { readHash, readConfig: async () => ({ ...emptyConfig }), close: async () => undefined },
    onConfig: (config) => applied.push(config),
    onInSync: (hash) => inSync.push(hash),
  });
  return { applied, inSync, follower };
}

let follower: Follower;
afterEach(() => follower.stop());

describe('followControlPlane', () => {
  it.each([
    ['once while the hash stays', ['a', 'a', 'a'], 1],
    ['again when the hash changes', ['a', 'a', 'b'], 2],
    ['only lists that nobody changed during the read', ['a', 'b', 'b'], 1],
    ['lists after a failed read', [new Error('away'), 'b'], 1],
  ])('applies %s', async (_, hashes, expected) => {
    const last = hashes.at(-1);
    const started = startFollower([...hashes]);
    follower = started.follower;

    await follower.waitFor(String(last), patienceMs);

    expect(started.applied).toHaveLength(expected);
  });

  it('reports no node while the control plane is down', async () => {
    const started = startFollower([new Error('away')]);
    follower = started.follower;

    await expect(follower.waitFor('a', 50)).rejects.toThrow('away');

    expect(started.inSync).toEqual([]);
  });
});
