import { type ChildProcess, execFileSync, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { formatTable } from '#io/table';
import type { HealthSample } from './support/ask-health';
import { reportBench } from './support/report';
import { manyDomains, oneTarget, owner, writeEstate } from './support/sync-estate';

/**
 * The time of a worker's /healthz during passes over 5,000 domains and 10,000 targets, on busy
 * cores. Beside another build in turn, where BENCH_PEER names its checkout. Goal: p99 under 100 ms.
 */
const rounds = 3;
const passes = 8;
const token = 'kpat_bench';

type Subject = { readonly who: string; readonly root: string; readonly folder: string };
type Sample = {
  readonly who: string;
  readonly round: number;
  readonly asked: number;
  readonly unhealthy: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly longestMs: number;
  readonly passMs: readonly number[];
};

const ours = 'this build';
const peer = 'peer';

async function bench(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'kong-privatelink-bench-'));
  const subjects = subjectsIn(folder);
  const konnect = fork(join(__dirname, 'support/konnect-server.js'), [token, ...subjects.map(({ who }) => who)]);
  const [told] = await once(konnect, 'message');
  const { url } = z.object({ url: z.string() }).parse(told);
  try {
    for (const subject of subjects) createAll(subject, url);
    report(await runRounds(subjects));
  } finally {
    konnect.kill('SIGKILL');
    rmSync(folder, { recursive: true });
  }
}

function subjectsIn(folder: string): readonly Subject[] {
  const subjectOf = (who: string, root: string) => ({ who, root, folder: join(folder, who) });
  const own = subjectOf(ours, resolve(__dirname, '../..'));
  if (process.env.BENCH_PEER) return [own, subjectOf(peer, resolve(process.env.BENCH_PEER))];
  process.stderr.write('compared with nothing; BENCH_PEER=FOLDER, another checkout that is built, is compared with\n');
  return [own];
}

/** A checkout's command, wherever it keeps it. */
function cliOf({ root }: Subject): string {
  const { bin } = z
    .object({ bin: z.object({ 'kong-privatelink': z.string() }) })
    .parse(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')));
  return join(root, bin['kong-privatelink']);
}

const environment = { PATH: process.env.PATH, KONNECT_TOKEN: token };
const configOf = ({ folder }: Subject) => join(folder, 'kong-privatelink.yaml');
const snapshotOf = ({ folder }: Subject) => join(folder, 'snapshot.json');

/** The state of an old worker. */
function createAll(subject: Subject, url: string): void {
  mkdirSync(subject.folder);
  const sources = [{ name: 'hub', type: 'snapshot', file: snapshotOf(subject) }];
  const controlPlane = {
    type: 'konnect',
    address: url,
    name: subject.who,
    token: `\${KONNECT_TOKEN}`,
    concurrency: 10,
  };
  const watch = { intervalSeconds: 1, listen: '127.0.0.1:0' };
  const stateDir = join(subject.folder, 'state');
  writeFileSync(configOf(subject), JSON.stringify({ owner, sources, controlPlane, watch, stateDir }));
  writeEstate(snapshotOf(subject), new Map(), manyDomains);
  execFileSync(process.execPath, [cliOf(subject), 'sync', '-c', configOf(subject), '--json'], {
    env: environment,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

const busyWhileParentLives = 'const { ppid } = process; while (process.ppid === ppid);';

async function runRounds(subjects: readonly Subject[]): Promise<readonly Sample[]> {
  const samples: Sample[] = [];
  const busy = Array.from({ length: availableParallelism() }, () =>
    spawn(process.execPath, ['-e', busyWhileParentLives], { stdio: 'ignore' }),
  );
  try {
    for (let round = 0; round < rounds; round += 1) {
      for (const subject of subjects) samples.push(await runRound(subject, round));
      process.stderr.write(`round ${round + 1} of ${rounds}\n`);
    }
    return samples;
  } finally {
    for (const one of busy) one.kill('SIGKILL');
  }
}

const lineSchema = z.looseObject({
  msg: z.string(),
  address: z.string().optional(),
  durationMs: z.number().optional(),
});

type Pass = { readonly endedAtMs: number; readonly durationMs: number };

/**
 * A worker from its start on. Before each pass the weight of one target changes, so that everything
 * is read and planned again.
 */
async function runRound(subject: Subject, round: number): Promise<Sample> {
  const argv = [cliOf(subject), 'sync', '--watch', '-c', configOf(subject)];
  const worker = spawn(process.execPath, argv, { env: environment, stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(worker, 'exit');
  const seen: Pass[] = [];
  let prober: ChildProcess | undefined;
  for await (const text of createInterface(worker.stdout)) {
    const { msg, address = '', durationMs = 0 } = lineSchema.parse(JSON.parse(text));
    if (msg === 'watching') prober = fork(join(__dirname, 'support/ask-health.js'), [address]);
    if (msg !== 'pass ended') continue;
    seen.push({ endedAtMs: Date.now(), durationMs });
    if (seen.length === passes) break;
    writeEstate(snapshotOf(subject), new Map(oneTarget.map((index) => [index, 10 + seen.length])), manyDomains);
  }
  if (!prober) throw new Error(`${subject.who} ended before it listened`);
  const answers = await answersOf(prober);
  worker.kill('SIGTERM');
  await ended;
  return sampleOf({ who: subject.who, round }, answers, seen);
}

async function answersOf(prober: ChildProcess): Promise<readonly HealthSample[]> {
  const told = once(prober, 'message');
  prober.send('stop');
  return z.array(z.object({ askedAtMs: z.number(), ms: z.number(), status: z.number() })).parse((await told)[0]);
}

/** Only requests during a pass. */
function sampleOf(of: Pick<Sample, 'who' | 'round'>, answers: readonly HealthSample[], seen: readonly Pass[]): Sample {
  const during = answers.filter(({ askedAtMs }) =>
    seen.some(({ endedAtMs, durationMs }) => askedAtMs > endedAtMs - durationMs && askedAtMs < endedAtMs),
  );
  const sorted = during.map(({ ms }) => ms).sort((one, other) => one - other);
  const at = (share: number) => sorted[Math.ceil(sorted.length * share) - 1] ?? Number.NaN;
  return {
    ...of,
    asked: sorted.length,
    unhealthy: during.filter(({ status }) => status !== 200).length,
    p50Ms: at(0.5),
    p99Ms: at(0.99),
    longestMs: at(1),
    passMs: seen.map(({ durationMs }) => Math.round(durationMs)),
  };
}

function report(samples: readonly Sample[]): void {
  const rows = samples.map((one) => [
    one.who,
    String(one.asked),
    String(one.unhealthy),
    one.p50Ms.toFixed(1),
    one.p99Ms.toFixed(1),
    one.longestMs.toFixed(1),
    one.passMs.join(' '),
  ]);
  const titles = ['WHO', 'ASKED', 'UNHEALTHY', 'P50 MS', 'P99 MS', 'LONGEST MS', 'PASSES MS'];
  process.stdout.write(formatTable(titles, rows));
  const p99Of = (who: string) => samples.filter((one) => one.who === who).map(({ p99Ms }) => Number(p99Ms.toFixed(1)));
  const goal = { what: 'healthzP99Ms', ours: p99Of(ours), peer: p99Of(peer) };
  reportBench('watch', { samples }, [goal]);
}

void bench();
