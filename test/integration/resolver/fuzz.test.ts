import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { fuzzResolver } from '#bench/resolver/fuzz';
import { endpointOf } from '../../support/builders';
import { listeningAt, spawnResolver, targetsAt, writeConfig, writeSnapshot } from '../../support/network/resolver';
import { until } from '../../support/until';

it('the resolver survives random and mutated messages, and answers only questions', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'kong-privatelink-'));
  writeSnapshot(join(folder, 'snapshot.json'), [endpointOf()]);
  const resolver = spawnResolver(['-c', writeConfig(folder), '--json']);
  try {
    const { port } = await listeningAt(resolver);
    await until('it knows the domain', async () => (await targetsAt(port)) !== 'SERVFAIL');

    const told = await fuzzResolver({ port, seed: 1, isOver: (round) => round === 500 });

    expect(told.rounds).toBe(500);
    expect(told.answers).toBeGreaterThan(100);
    expect(resolver.child.exitCode).toBeNull();
  } finally {
    resolver.child.kill('SIGKILL');
    await resolver.ended;
    rmSync(folder, { recursive: true });
  }
});
