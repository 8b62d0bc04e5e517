import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { openPause } from '#sync/rollout/advance/pause';

const stateDir = mkdtempSync(join(tmpdir(), 'kong-privatelink-'));
afterAll(() => rmSync(stateDir, { recursive: true }));

describe('a pause whose file is a folder', () => {
  it('is reported with its path, and with the fix', async () => {
    mkdirSync(join(stateDir, 'paused.test.json'));
    const { write } = openPause({ stateDir, owner: 'test' });

    const removing = write(undefined);
    const writing = write({ atMs: 0, by: {} });

    await expect(removing).rejects.toMatchObject({
      reason: expect.stringMatching(/paused\.test\.json cannot be removed/),
      fix: 'remove it by hand',
    });
    await expect(writing).rejects.toMatchObject({
      reason: expect.stringMatching(/paused\.test\.json cannot be written/),
      fix: 'remove it, or name a file',
    });
  });
});
