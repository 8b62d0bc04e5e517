import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { estateNamed } from '#sandbox/estates/estates';
import { type Served, servedPorts, serveSandbox } from '#sandbox/serve';
import { blocksIn } from '../../support/documents/pages';
import { tryCommands } from '../../support/sandbox';

let served: Served;
let folder: string;

beforeEach(async () => {
  served = await serveSandbox({ ...estateNamed('T0'), ports: { aws: 0, konnect: 0, gateway: 8000 } });
  folder = mkdtempSync(join(tmpdir(), 'day-one-'));
});

afterEach(async () => {
  rmSync(folder, { recursive: true });
  await served.close();
});

it('the five commands of README run against a served sandbox', async () => {
  const block = blocksIn('README.md', 'sh').find((one) => one.includes(' init ')) ?? '';
  const here = block
    .replace(`http://127.0.0.1:${servedPorts.aws}`, served.awsUrl)
    .replace(`http://127.0.0.1:${servedPorts.konnect}`, served.konnectUrl);

  const { ends, stderr } = await tryCommands([`cd ${folder}`, ...here.trim().split('\n')], { env: served.env });

  expect(ends).toEqual(['init 0', 'doctor 0', 'diff 2', 'sync 0', 'explain 0']);
  expect(stderr).not.toContain('rror');
  expect(readFileSync(join(folder, 'day-one.yaml'), 'utf8')).toContain(served.awsUrl);
});
