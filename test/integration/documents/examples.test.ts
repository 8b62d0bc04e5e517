import { readFileSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createSources } from '#discovery/sources';
import { type Konnect, startKonnect } from '#sandbox/konnect/konnect';
import { exitCodeOfSync } from '#sync/cli/exit-codes';
import type { ControlPlane } from '#sync/control-planes/control-plane';
import { connectKonnect } from '#sync/control-planes/konnect/control-plane';
import { planOnce } from '#sync/pass/plan-once';
import { runOnce } from '#sync/pass/run-once';
import { signal, token } from '../../support/control-planes/konnect';
import { type Example, estates, passOf, readExample, renderExample } from '../../support/examples';
import { createFakeClock } from '../../support/passes';

describe.each(estates)('example %s', (name) => {
  let konnect: Konnect;
  let example: Example;
  let plane: ControlPlane;

  beforeEach(async () => {
    example = readExample(name);
    konnect = await startKonnect({ controlPlanes: [{ name: 'prod' }], token });
    const config = { type: 'konnect', address: konnect.url, name: 'prod', token, concurrency: 4 } as const;
    plane = connectKonnect(config, example.config.owner, { clock: createFakeClock() });
  });

  afterEach(() => konnect.close());

  it('has a snapshot with the endpoints of its sources', () => {
    const { config, snapshot } = example;
    const sources = createSources(config, { clock: createFakeClock() });

    expect(snapshot.scopes.map(({ scope }) => scope.id)).toEqual(
      sources.flatMap((source) => source.scopes().map(({ scope }) => scope.id)).sort(),
    );
  });

  /**
   * `UPDATE_EXAMPLES=1 npx jest examples` writes the files again; read the difference before you
   * commit it.
   */
  it('renders its kong.yaml', async () => {
    const text = await renderExample(example, plane);

    if (process.env.UPDATE_EXAMPLES) writeFileSync(example.goldenPath, text);
    expect(text).toBe(readFileSync(example.goldenPath, 'utf8'));
  });

  it('is accepted completely by the control plane, and then renders to an equal file', async () => {
    const pass = passOf(example, plane);

    const report = await runOnce(pass, signal);
    const again = await planOnce(pass, signal);

    expect(report.quarantined).toEqual([]);
    expect(report.changes).not.toEqual([]);
    expect(exitCodeOfSync(report)).toBe(0);
    expect(again.report.changes).toEqual([]);
    expect(await renderExample(example, plane)).toBe(readFileSync(example.goldenPath, 'utf8'));
  });
});

it('example T4 lists the endpoints that its static source discovers', async () => {
  const { config, snapshot } = readExample('T4');
  const source = createSources(config, { clock: createFakeClock() }).find(({ name }) => name === 'mainframe');
  const [reader] = source?.scopes() ?? [];

  const discovered = await reader?.discover(signal);

  expect(snapshot.scopes).toContainEqual(expect.objectContaining({ scope: reader?.scope, discovered }));
});
