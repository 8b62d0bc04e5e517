import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Prepare, Prepared } from '#sandbox/estates/estate';
import { prepareT4 } from '#sandbox/estates/t4';
import { openStage } from '#sandbox/stage';
import { until } from '../../support/until';

const { signal } = new AbortController();
const servers = () => process.getActiveResourcesInfo().filter((name) => /ServerWrap|UDPWrap/.test(name)).length;

/** Estate T4, which prepares servers of its own, with one broken part. */
function brokenT4(part: (prepared: Prepared) => Partial<Prepared>): Prepare {
  return async (ground) => {
    const prepared = await prepareT4(ground);
    return { ...prepared, ...part(prepared) };
  };
}

let before: number;

beforeEach(() => {
  before = servers();
});

// Node lists a handle for a moment after its close, even a handle of the test file before.
afterEach(() => until('no server is left', () => servers() <= before));

describe('a stage leaves no server behind', () => {
  it('when the product does not start', async () => {
    const prepare = brokenT4(({ setting }) => ({
      setting: {
        ...setting,
        sources: () => {
          throw new Error('no configuration');
        },
      },
    }));

    await expect(openStage(prepare, signal)).rejects.toThrow('no configuration');
  });

  it('when the estate does not open', async () => {
    const prepare = brokenT4(() => ({ open: () => Promise.reject(new Error('no estate')) }));

    await expect(openStage(prepare, signal)).rejects.toThrow('no estate');
  });

  it('when it is closed', async () => {
    const stage = await openStage(prepareT4, signal);
    expect(servers()).toBeGreaterThan(before);

    await stage.close();
  });
});
