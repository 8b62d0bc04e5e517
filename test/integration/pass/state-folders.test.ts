import { cpSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { runCli } from '../../support/cli';

const older = join(__dirname, '../../fixtures/goldens/state-430102d');

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kong-privatelink-'));
});

afterEach(() => rmSync(folder, { recursive: true }));

/**
 * One command with the configuration `name`, whose control plane is the file `<name>.yaml`; all
 * share one stateDir.
 */
async function run(verb: string, name: string, sources: string) {
  const file = join(folder, `${name}.config.yaml`);
  writeFileSync(
    file,
    `owner: test\nsources: ${sources}\ncontrolPlane: { type: file, path: ${name}.yaml }\npolicy: { removeAfterSeconds: 0 }\nstateDir: state\n`,
  );
  const { exitCode, out } = await runCli([verb, '--json', '-c', file], {});
  return { exitCode, report: JSON.parse(out) };
}

const state = () => readdirSync(join(folder, 'state')).sort();

/** An AWS at an address without a server. */
const unreachable =
  '[{ name: hub, type: vpc-endpoints, accounts: [{ roleArn: "arn:aws:iam::222222222222:role/reader" }], regions: [us-east-1], endpoint: "http://127.0.0.1:1" }]';

const staticOf = (...ips: readonly string[]) =>
  `[{ name: legacy, type: static, endpoints: [${ips.map((ip) => `{ domain: sd2, addresses: [${ip}] }`)}] }]`;

describe('state of version 430102d', () => {
  beforeEach(() => cpSync(older, join(folder, 'state'), { recursive: true }));

  it('fm-42 is used by a read-only verb, and stays unchanged', async () => {
    const { report } = await run('diff', 'prod', unreachable);

    expect(report.scopes).toMatchObject([{ id: 'hub.222222222222.us-east-1', status: 'unknown', endpoints: 1 }]);
    expect(state()).toEqual(readdirSync(older).sort());
  });

  it('fm-42 is migrated once by the first sync, and an earlier version does not find it afterwards', async () => {
    const first = await run('sync', 'prod', unreachable);
    const names = state();
    const second = await run('sync', 'prod', unreachable);

    for (const { report } of [first, second])
      expect(report.scopes).toMatchObject([{ status: 'unknown', endpoints: 1 }]);
    expect(names).toEqual([
      expect.stringMatching(/^absences\.test\.[0-9a-f]{12}\.json$/),
      expect.stringMatching(/^last-good\.test\.[0-9a-f]{12}\.json$/),
      // The data plane migrates its own file.
      'last-good.test.data-plane.json',
    ]);
    expect(state()).toEqual(names);
  });
});

describe('two configurations of one owner in one folder', () => {
  it('fm-42 count absences separately, and each is warned of the other', async () => {
    for (const name of ['prod', 'staging']) await run('sync', name, staticOf('10.0.1.11', '10.0.1.12'));
    const kept: unknown[] = [];
    for (const pass of [1, 2, 3]) {
      for (const name of ['prod', 'staging']) {
        const { report } = await run('sync', name, staticOf('10.0.1.11'));
        kept.push([pass, name, report.kept.length]);
      }
    }
    const { report } = await run('diff', 'prod', staticOf('10.0.1.11'));

    expect(kept).toEqual([
      [1, 'prod', 1],
      [1, 'staging', 1],
      [2, 'prod', 1],
      [2, 'staging', 1],
      [3, 'prod', 0],
      [3, 'staging', 0],
    ]);
    expect(report.warnings).toEqual([
      expect.stringMatching(/another configuration of this owner.*staging\.yaml, 0 min ago/),
    ]);
  });
});
