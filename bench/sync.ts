import { type ChildProcess, execFileSync, fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { formatTable } from '#io/table';
import { type Measured, measureProcess } from './support/measure-process';
import { reportBench } from './support/report';
import { oneTarget, owner, tenPercent, type Weights, writeEstate } from './support/sync-estate';

/**
 * 10,000 targets, beside real decK: create all, nothing changed, one target changed, 10 % changed.
 * Goals: create all 3x faster at equal concurrency; one changed target 20x faster in a worker's
 * pass and 4x as a cold command; at most pages + targets changed + 2 calls; no write when nothing
 * changed.
 * A command is timed from its start to its end, by the wall clock. It waits for a stand-in of
 * Konnect in one thread of JavaScript. So each client has a stand-in in a process of its own, with
 * a new control plane for each round. Both stand-ins first serve an untimed round with all
 * creations: a new stand-in is half as fast. The processor time of the stand-in is reported apart,
 * and the client's own processor time too. `createAllCpu` compares the latter: other work on the
 * machine changes it least. The clients take turns to come first.
 */
const rounds = 5;
/** decK's default parallelism. */
const concurrency = 10;
const token = 'kpat_bench';

const measuredSchema = z.object({
  exitCode: z.literal(0),
  seconds: z.number(),
  cpuSeconds: z.number(),
  peakMb: z.number(),
});
const seenSchema = z.object({
  calls: z.array(z.object({ method: z.string(), path: z.string() })),
  cpuSeconds: z.number(),
});

type Sample = Measured & {
  readonly who: string;
  readonly what: string;
  /** Processor seconds of the stand-in for the calls. */
  readonly standInSeconds: number;
  /** Without calls for the nodes and the configuration hash alone. */
  readonly calls: number;
  readonly pages: number;
  readonly writes: number;
};

type StandIn = { readonly process: ChildProcess; readonly url: string };
type Stage = {
  readonly folder: string;
  readonly ours: StandIn;
  readonly decks: StandIn;
  readonly deck: string;
  /** From 0, which does not count. */
  readonly round: number;
};

async function bench(): Promise<void> {
  const deck = process.env.DECK_BIN ?? buildDeck();
  const [ours, decks] = await Promise.all([startStandIn(), startStandIn()]);
  const samples: Sample[] = [];
  try {
    for (let round = 0; round <= rounds; round += 1) {
      const sampled = await runRound({ ours, decks, deck, round });
      if (round > 0) samples.push(...sampled);
      process.stderr.write(round > 0 ? `round ${round} of ${rounds}\n` : 'the stand-ins are warm\n');
    }
  } finally {
    for (const standIn of [ours, decks]) standIn.process.kill('SIGKILL');
  }
  report(samples);
}

function buildDeck(): string {
  const folder = resolve(__dirname, '../../tools/deck');
  if (!existsSync(join(folder, 'bin/deck'))) execFileSync(join(folder, 'build.sh'), { stdio: 'inherit' });
  return join(folder, 'bin/deck');
}

const planeOf = (round: number) => `round-${round}`;

async function startStandIn(): Promise<StandIn> {
  const planes = Array.from({ length: rounds + 1 }, (_, round) => planeOf(round));
  const standIn = fork(join(__dirname, 'support/konnect-server.js'), [token, ...planes]);
  const [told] = await once(standIn, 'message');
  return { process: standIn, ...z.object({ url: z.string() }).parse(told) };
}

async function runRound(standIns: Omit<Stage, 'folder'>): Promise<readonly Sample[]> {
  const folder = mkdtempSync(join(tmpdir(), 'kong-privatelink-bench-'));
  const stage = { ...standIns, folder };
  writeFileSync(configOf(stage), configText(stage));
  try {
    if (stage.round === 0) return await runCold(stage, steps.slice(0, 1));
    return [...(await runCold(stage, steps)), ...(await runWatch(stage))];
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function configOf({ folder }: Stage): string {
  return join(folder, 'kong-privatelink.yaml');
}

function configText({ folder, ours, round }: Stage): string {
  const sources = [{ name: 'hub', type: 'snapshot', file: join(folder, 'snapshot.json') }];
  const place = { type: 'konnect', address: ours.url, name: planeOf(round) };
  const controlPlane = { ...place, token: `\${KONNECT_TOKEN}`, concurrency };
  return JSON.stringify({ owner, sources, controlPlane, stateDir: join(folder, 'state') });
}

type Step = readonly [what: string, weights: Weights];
const steps: readonly Step[] = [
  ['create all', new Map()],
  ['nothing changed', new Map()],
  ['one changed', new Map(oneTarget.map((index) => [index, 50]))],
  ['10 % changed', new Map([...oneTarget, ...tenPercent].map((index) => [index, 50]))],
];

/** The same steps by both, each as a command of its own; decK gets the file that ours renders. */
async function runCold(stage: Stage, taken: readonly Step[]): Promise<readonly Sample[]> {
  const samples: Sample[] = [];
  const file = join(stage.folder, 'kong.yaml');
  const clients = [
    { who: 'kong-privatelink', standIn: stage.ours, run: () => runCli(stage, ['sync']) },
    { who: 'decK', standIn: stage.decks, run: () => runDeck(stage, file) },
  ];
  for (const [what, weights] of taken) {
    writeEstate(join(stage.folder, 'snapshot.json'), weights);
    await runCli(stage, ['render', '-o', file]);
    for (const { who, standIn, run } of stage.round % 2 === 0 ? clients : clients.toReversed())
      samples.push(await sample(standIn, { who, what }, run));
  }
  return samples;
}

/**
 * A worker with a known control plane. Between two changes it reads the effect of its own write.
 */
async function runWatch(stage: Stage): Promise<readonly Sample[]> {
  const child = fork(join(__dirname, 'support/measure-watch.js'), [configOf(stage)], { env: environment });
  await once(child, 'message');
  const pass = async () => {
    const answer = once(child, 'message');
    child.send('pass');
    const [told] = await answer;
    return measuredSchema.parse(told);
  };
  for (let time = 0; time < 3; time += 1) await pass();
  writeEstate(join(stage.folder, 'snapshot.json'), new Map(oneTarget.map((index) => [index, 40])));
  await pass();
  await pass();
  writeEstate(join(stage.folder, 'snapshot.json'), new Map(oneTarget.map((index) => [index, 30])));
  const changed = await sample(stage.ours, { who: 'kong-privatelink --watch', what: 'one changed' }, pass);
  await pass();
  const unchanged = await sample(stage.ours, { who: 'kong-privatelink --watch', what: 'nothing changed' }, pass);
  child.kill('SIGKILL');
  await once(child, 'exit');
  return [changed, unchanged];
}

async function sample(
  standIn: StandIn,
  of: Pick<Sample, 'who' | 'what'>,
  run: () => Promise<Measured>,
): Promise<Sample> {
  await look(standIn);
  const { seconds, cpuSeconds, peakMb } = await run();
  const seen = await look(standIn);
  const calls = seen.calls.filter(({ path }) => !/\/(nodes|expected-config-hash)(\?|$)/.test(path));
  const writes = calls.filter(({ method }) => method !== 'GET').length;
  const pages = calls.filter(({ method, path }) => method === 'GET' && path.includes('/core-entities/')).length;
  const standInSeconds = seen.cpuSeconds;
  return { ...of, seconds, cpuSeconds, standInSeconds, peakMb, calls: calls.length, pages, writes };
}

/** Returns the stand-in's answers and processor time since the last look. */
async function look({ process: standIn }: StandIn): Promise<z.infer<typeof seenSchema>> {
  const answer = once(standIn, 'message');
  standIn.send('calls');
  const [told] = await answer;
  return seenSchema.parse(told);
}

const environment = { PATH: process.env.PATH, KONNECT_TOKEN: token };

/** Seconds of the whole command, from its start to its end, as for decK. */
async function runCli(stage: Stage, argv: readonly string[]): Promise<Measured> {
  const startMs = performance.now();
  const child = fork(join(__dirname, 'support/measure-cli.js'), [...argv, '-c', configOf(stage), '--json'], {
    env: environment,
  });
  const [[told]] = await Promise.all([once(child, 'message'), once(child, 'exit')]);
  return { ...measuredSchema.parse(told), seconds: (performance.now() - startMs) / 1_000 };
}

function runDeck({ deck, decks, folder }: Stage, file: string): Promise<Measured> {
  const argv = ['gateway', 'sync', file, '--konnect-addr', decks.url, '--analytics=false'];
  return measureProcess(deck, argv, { PATH: process.env.PATH, HOME: folder, DECK_KONNECT_TOKEN: token });
}

function report(samples: readonly Sample[]): void {
  const rows = samples.map((one) => [
    one.who,
    one.what,
    one.seconds.toFixed(2),
    one.cpuSeconds.toFixed(2),
    one.standInSeconds.toFixed(2),
    String(one.calls),
    String(one.pages),
    String(one.writes),
    one.peakMb.toFixed(0),
  ]);
  process.stdout.write(
    formatTable(['WHO', 'WHAT', 'SECONDS', 'CPU', 'STAND-IN CPU', 'CALLS', 'PAGES', 'WRITES', 'PEAK MB'], rows),
  );
  const of = (who: string, what: string, read: (one: Sample) => number = (one) => one.seconds) =>
    samples.filter((one) => one.who === who && one.what === what).map(read);
  const goals = [
    { what: 'createAll', ours: of('kong-privatelink', 'create all'), peer: of('decK', 'create all') },
    {
      what: 'createAllCpu',
      ours: of('kong-privatelink', 'create all', (one) => one.cpuSeconds),
      peer: of('decK', 'create all', (one) => one.cpuSeconds),
    },
    { what: 'oneWatch', ours: of('kong-privatelink --watch', 'one changed'), peer: of('decK', 'one changed') },
    { what: 'oneCold', ours: of('kong-privatelink', 'one changed'), peer: of('decK', 'one changed') },
    {
      what: 'unchangedWrites',
      ours: of('kong-privatelink', 'nothing changed', (one) => one.writes),
      peer: of('decK', 'nothing changed', (one) => one.writes),
    },
  ];
  reportBench('sync', { samples }, goals);
}

void bench();
