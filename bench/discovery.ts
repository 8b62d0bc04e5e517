import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { formatTable } from '#io/table';
import { servingFlags } from '#plugin/server/serving/flags';
import { credentialsOf } from '#sandbox/aws/credentials';
import { type BenchEstate, type EstateName, estates } from './support/discovery-world';
import { reportBench } from './support/report';

/**
 * Discovery at size, beside a script with only the SDK's paginators over the same calls, in turns.
 * 10,000 endpoints x 3 zones in 100 scopes: at most 1.15x its time and 1.3x its memory; no turn
 * over 10 ms in the serving thread (`blockThreadMs`; `blockMs` includes time that the machine gave
 * to others). 500 accounts x 4 regions at 60 ms a call: at most 1.3x its time and memory, and one
 * call for each scope and account, and for each scope with endpoints.
 */
const rounds = 5;
const sampleSchema = z.object({
  addresses: z.number(),
  seconds: z.number(),
  peakMb: z.number(),
  blockMs: z.number(),
  blockThreadMs: z.number(),
});
type Sample = z.infer<typeof sampleSchema> & {
  readonly what: string;
  readonly estate: EstateName;
  readonly calls: number;
};

const whats: readonly (readonly [EstateName, readonly string[]])[] = [
  ['large', ['baseline', 'discovery', 'serving']],
  ['many', ['baseline', 'discovery']],
];

async function bench(): Promise<void> {
  const samples: Sample[] = [];
  for (const [estate, subjects] of whats) samples.push(...(await samplesOf(estate, subjects)));
  report(samples);
}

async function samplesOf(estate: EstateName, subjects: readonly string[]): Promise<readonly Sample[]> {
  const folder = mkdtempSync(join(tmpdir(), 'kong-privatelink-bench-'));
  const world = fork(join(__dirname, 'support/discovery-world.js'), [estate]);
  const [told] = await once(world, 'message');
  const { url } = z.object({ url: z.string() }).parse(told);
  const config = join(folder, 'kong-privatelink.yaml');
  writeFileSync(config, JSON.stringify(configOf(url, estates[estate])));
  const samples: Sample[] = [];
  for (let round = 0; round < rounds; round += 1) {
    for (const what of subjects) samples.push(await sample(what, { estate, url, config, world }));
  }
  world.kill();
  rmSync(folder, { recursive: true });
  return samples;
}

function configOf(url: string, estate: BenchEstate) {
  const accounts = estate.accounts.map((account) => ({
    roleArn: `arn:aws:iam::${account}:role/kong-privatelink`,
    externalId: 'bench',
  }));
  const sources = [{ name: 'hub', type: 'vpc-endpoints', regions: estate.regions, endpoint: url, accounts }];
  return { owner: 'bench', sources, controlPlane: { type: 'konnect', name: 'bench', token: 'unused' } };
}

type Stage = {
  readonly estate: EstateName;
  readonly url: string;
  readonly config: string;
  readonly world: ChildProcess;
};

async function sample(what: string, { estate, url, config, world }: Stage): Promise<Sample> {
  const before = await callsOf(world);
  const { accessKeyId, secretAccessKey } = credentialsOf('111111111111');
  const env = {
    PATH: process.env.PATH,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    KONG_PRIVATELINK_CONFIG: config,
  };
  const execArgv = what === 'serving' ? [...servingFlags] : [];
  const child = fork(join(__dirname, 'support/discovery-subject.js'), [what, estate, url], { env, execArgv });
  const [told] = await once(child, 'message');
  await once(child, 'exit');
  return { what, estate, ...sampleSchema.parse(told), calls: (await callsOf(world)) - before };
}

async function callsOf(world: ChildProcess): Promise<number> {
  const answer = once(world, 'message');
  world.send('calls');
  const [told] = await answer;
  return z.object({ calls: z.number() }).parse(told).calls;
}

function report(samples: readonly Sample[]): void {
  const rows = samples.map((one) => [
    one.estate,
    one.what,
    one.seconds.toFixed(2),
    String(one.calls),
    one.peakMb.toFixed(0),
    one.blockMs.toFixed(1),
    one.blockThreadMs.toFixed(1),
    String(one.addresses),
  ]);
  const headers = [
    'ESTATE',
    'WHAT',
    'SECONDS',
    'AWS CALLS',
    'PEAK MB',
    'LONGEST TURN MS',
    'ON THE PROCESSOR',
    'ADDRESSES',
  ];
  process.stdout.write(formatTable(headers, rows));
  const of = (estate: EstateName, who: string, read: (one: Sample) => number) =>
    samples.filter((one) => one.estate === estate && one.what === who).map(read);
  const goalOf = (what: string, [estate, who]: readonly [EstateName, string], read: (one: Sample) => number) => ({
    what,
    ours: of(estate, who, read),
    peer: of(estate, 'baseline', read),
  });
  const goals = [
    goalOf('time', ['large', 'discovery'], (one) => one.seconds),
    goalOf('memory', ['large', 'discovery'], (one) => one.peakMb),
    goalOf('blockMs', ['large', 'serving'], (one) => one.blockMs),
    goalOf('blockThreadMs', ['large', 'serving'], (one) => one.blockThreadMs),
    goalOf('manyScopes', ['many', 'discovery'], (one) => one.seconds),
    goalOf('manyScopesMemory', ['many', 'discovery'], (one) => one.peakMb),
    goalOf('manyScopesCalls', ['many', 'discovery'], (one) => one.calls),
  ];
  reportBench('discovery', { samples }, goals);
}

void bench();
