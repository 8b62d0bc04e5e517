import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { packageRoot } from '#sync/pass/version';
import { shortRuns } from '../support/documents/scripts';
import { copyClone, lendPackages } from '../support/package/clone';

/** The former content of files that scripts write. */
const written = ['deck/schema.lua', 'docs/reference/configuration.md', 'docs/reference/metrics.md', 'sync/cli/cli.ts'];

describe("the docs' scripts that the main job does not run", () => {
  let clone: string;

  beforeAll(() => {
    clone = mkdtempSync(join(tmpdir(), 'kong-privatelink-scripts-'));
    copyClone(clone);
    lendPackages(clone);
  });

  afterAll(() => rmSync(clone, { recursive: true }));

  it.each(Object.entries(shortRuns))('succeed, and change no file that is current: npm run %s', async (name, argv) => {
    await promisify(execFile)('npm', ['run', name, '--', ...argv], { cwd: clone });

    for (const path of written)
      expect(readFileSync(join(clone, path), 'utf8')).toBe(readFileSync(join(packageRoot, path), 'utf8'));
  });
});
