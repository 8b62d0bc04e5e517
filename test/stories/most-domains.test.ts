import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Endpoint } from '#core/model';
import { serviceName } from '#core/names';
import { type Konnect, startKonnect } from '#sandbox/konnect/konnect';
import { endpointOf } from '../support/builders';
import { type CliResult, runCli } from '../support/cli';
import { token } from '../support/control-planes/konnect';
import { writeSnapshot } from '../support/network/resolver';

/**
 * The limit of a control plane of Konnect: 10,000 of each kind. The stand-in has this limit too.
 */
const most = 10_000;

let konnect: Konnect;
let folder: string;

beforeEach(async () => {
  konnect = await startKonnect({ controlPlanes: [{ name: 'prod' }], token });
  folder = mkdtempSync(join(tmpdir(), 'kong-privatelink-'));
});

afterEach(async () => {
  await konnect.close();
  rmSync(folder, { recursive: true });
});

/** One domain of two addresses for each number. */
function domains(count: number): readonly Endpoint[] {
  return Array.from({ length: count }, (_, index) => {
    const place = `${index >> 8}.${index & 255}`;
    const addresses = ['10.1', '10.2'].map((net, zone) => ({
      ...{ ip: `${net}.${place}`, region: 'us-east-1', zoneId: `use1-az${zone + 1}` },
    }));
    return endpointOf({ id: `vpce-${index}`, domain: `d${index}`, createdAtMs: index, addresses });
  });
}

/** Runs a verb with so many domains, all of them via `via`. */
function run(verb: string, via: string, count: number): Promise<CliResult> {
  writeSnapshot(join(folder, 'snapshot.json'), domains(count));
  const controlPlane = { type: 'konnect', address: konnect.url, name: 'prod', token, concurrency: 10 };
  const sources = [{ name: 'hub', type: 'snapshot', file: 'snapshot.json' }];
  const file = join(folder, 'kong-privatelink.yaml');
  writeFileSync(file, JSON.stringify({ owner: 'test', sources, controlPlane, via }));
  return runCli([verb, '-c', file]);
}

const writes = () => konnect.calls.filter(({ method }) => method !== 'GET');

describe(`${most} domains`, () => {
  it('are refused, with addresses as targets, before the first write', async () => {
    const { exitCode, out } = await run('sync', 'addresses', most);

    expect([exitCode, writes()]).toEqual([3, []]);
    expect(out).toContain(`the plan leads to ${2 * most} targets, but a control plane holds at most ${most}`);
  });

  it('fit into a control plane via resolver, and one more domain is refused before the first write', async () => {
    expect((await run('sync', 'resolver', most)).exitCode).toBe(0);

    const targets = [...konnect.entities('prod', 'targets')].map(({ target }) => target);
    expect(targets.sort()).toEqual(
      domains(most)
        .map(({ domain }) => `${serviceName(domain, 'privatelink.internal')}:80`)
        .sort(),
    );
    konnect.resetCalls();
    expect((await run('diff', 'resolver', most)).exitCode).toBe(0);

    const { exitCode, out } = await run('sync', 'resolver', most + 1);

    expect([exitCode, writes()]).toEqual([3, []]);
    expect(out).toContain(`the plan leads to ${most + 1} targets, but a control plane holds at most ${most}`);
    expect(out).toContain('sources[].allow.domains');
  });
});
