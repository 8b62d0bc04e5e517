import { type ChildProcess, execFileSync, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { formatTable } from '#io/table';
import { reportBench } from './support/report';
import { oneTarget, owner, tenPercent, type Weights, writeEstate } from './support/sync-estate';

/**
 * 10,000 targets, beside real decK on a control plane of its own in the same server: create all, nothing changed, one target changed, 10 %
 * changed. Goals: create all 3x faster at the same concurrency; one changed target 20x faster in a worker's pass and 4x as a cold command;
 * at most pages + targets changed + 2 calls; no write when nothing changed.
 */
const rounds = 3;
/** decK's default parallelism. */
const concurrency = 10;
const token = 'kpat_bench';

const measuredSchema = z.object({ exitCode: z.literal(0), seconds: z.number(), peakMb: z.number() });
const callsSchema = z.object({ calls: z.array(z.object({ method: z.string(), path: z.string() })) });

type Sample = {
  readonly who: string;
  readonly what: string;
  readonly seconds: number;
  readonly peakMb: number;
  /** Without those that only ask for the nodes and the configuration hash. */
  readonly calls: number;
  readonly pages: number;
  readonly writes: number;
};

type Stage = { readonly folder: string; readonly url: string; readonly konnect: ChildProcess; readonly deck: string };

async function bench(): Promise<void> {
  const deck = process.env.DECK_BIN ?? buildDeck();
  const samples: Sample[] = [];
  for (let round = 0; round < rounds; round += 1) {
    samples.push(...(await runRound(deck)));
    process.stderr.write(`round ${round + 1} of ${rounds}\n`);
  }
  report(samples);
}

function buildDeck(): string {
  const folder = resolve(__dirname, '../../tools/deck');
  if (!existsSync(join(folder, 'bin/deck'))) execFileSync(join(folder, 'build.sh'), { stdio: 'inherit' });
  return join(folder, 'bin/deck');
}

async function runRound(deck: string): Promise<readonly Sample[]> {
  const folder = mkdtempSync(join(tmpdir(), 'kong-privatelink-bench-'));
  const konnect = fork(join(__dirname, 'support/konnect-server.js'), [token, 'ours', 'decks']);
  const [told] = await once(konnect, 'message');
  const { url } = z.object({ url: z.string() }).parse(told);
  const stage = { folder, url, konnect, deck };
  writeFileSync(configOf(stage), configText(stage));
  try {
    return [...(await runCold(stage)), ...(await runWatch(stage))];
  } finally {
    konnect.kill('SIGKILL');
    rmSync(folder, { recursive: true });
  }
}

function configOf({ folder }: Stage): string {
  return join(folder, 'kong-privatelink.yaml');
}

function configText({ folder, url }: Stage): string {
  const sources = [{ name: 'hub', type: 'snapshot', file: join(folder, 'snapshot.json') }];
  const controlPlane = { type: 'konnect', address: url, name: 'ours', token: `\${KONNECT_TOKEN}`, concurrency };
  return JSON.stringify({ owner, sources, controlPlane, stateDir: join(folder, 'state') });
}

const steps: readonly (readonly [what: string, weights: Weights])[] = [
  ['create all', new Map()],
  ['nothing changed', new Map()],
  ['one changed', new Map(oneTarget.map((index) => [index, 50]))],
  ['10 % changed', new Map([...oneTarget, ...tenPercent].map((index) => [index, 50]))],
];

/** The same steps by both, each as a command of its own; decK gets the file that ours renders. */
async function runCold(stage: Stage): Promise<readonly Sample[]> {
  const samples: Sample[] = [];
  for (const [what, weights] of steps) {
    writeEstate(join(stage.folder, 'snapshot.json'), weights);
    samples.push(await sample(stage, { who: 'kong-privatelink', what }, () => runCli(stage, ['sync'])));
    const file = join(stage.folder, 'kong.yaml');
    await runCli(stage, ['render', '-o', file]);
    writeFileSync(file, readFileSync(file, 'utf8').replace('control_plane_name: ours', 'control_plane_name: decks'));
    samples.push(await sample(stage, { who: 'decK', what }, () => runDeck(stage, file)));
  }
  return samples;
}

/** A worker that has seen the control plane; between two changes it reads what its own write has made of it. */
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
  const changed = await sample(stage, { who: 'kong-privatelink --watch', what: 'one changed' }, pass);
  await pass();
  const unchanged = await sample(stage, { who: 'kong-privatelink --watch', what: 'nothing changed' }, pass);
  child.kill('SIGKILL');
  await once(child, 'exit');
  return [changed, unchanged];
}

type Measured = Pick<Sample, 'seconds' | 'peakMb'>;

async function sample(
  { konnect }: Stage,
  of: Pick<Sample, 'who' | 'what'>,
  run: () => Promise<Measured>,
): Promise<Sample> {
  await takeCalls(konnect);
  const { seconds, peakMb } = await run();
  const calls = (await takeCalls(konnect)).filter(({ path }) => !/\/(nodes|expected-config-hash)(\?|$)/.test(path));
  const writes = calls.filter(({ method }) => method !== 'GET').length;
  const pages = calls.filter(({ method, path }) => method === 'GET' && path.includes('/core-entities/')).length;
  return { ...of, seconds, peakMb, calls: calls.length, pages, writes };
}

async function takeCalls(konnect: ChildProcess) {
  const answer = once(konnect, 'message');
  konnect.send('calls');
  const [told] = await answer;
  return callsSchema.parse(told).calls;
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

async function runDeck({ deck, url, folder }: Stage, file: string): Promise<Measured> {
  const startMs = performance.now();
  const child = spawn(deck, ['gateway', 'sync', file, '--konnect-addr', url, '--analytics=false'], {
    env: { PATH: process.env.PATH, HOME: folder, DECK_KONNECT_TOKEN: token },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  let peakMb = 0;
  const timer = setInterval(() => {
    peakMb = Math.max(peakMb, peakOf(child.pid));
  }, 50);
  const [code] = await once(child, 'exit');
  clearInterval(timer);
  if (code !== 0) throw new Error(`decK ended with ${code}`);
  return { seconds: (performance.now() - startMs) / 1_000, peakMb };
}

/** VmHWM of Linux; 0 elsewhere. */
function peakOf(pid: number | undefined): number {
  try {
    return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1_024;
  } catch {
    return 0;
  }
}

function report(samples: readonly Sample[]): void {
  const rows = samples.map((one) => [
    one.who,
    one.what,
    one.seconds.toFixed(2),
    String(one.calls),
    String(one.pages),
    String(one.writes),
    one.peakMb.toFixed(0),
  ]);
  process.stdout.write(formatTable(['WHO', 'WHAT', 'SECONDS', 'CALLS', 'PAGES', 'WRITES', 'PEAK MB'], rows));
  const of = (who: string, what: string, read: (one: Sample) => number = (one) => one.seconds) =>
    samples.filter((one) => one.who === who && one.what === what).map(read);
  const goals = [
    { what: 'createAll', ours: of('kong-privatelink', 'create all'), peer: of('decK', 'create all') },
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
