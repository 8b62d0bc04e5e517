import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { uuidOf } from '#core/uuid';
import { formatTable } from '#io/table';
import { median } from './support/median';
import { reportBench } from './support/report';
import { type Estate, oneTarget, owner, writeEstate } from './support/sync-estate';

/**
 * Ten control planes of 1,000 targets each beside one, in turn, over a Konnect with 20 ms a call:
 * one target changed, by a command of its own and by a worker's pass. Goals: all ten have the
 * change within 1.5x the time of one, with as many calls for each.
 */
const rounds = 9;
const latencyMs = 20;
const token = 'kpat_bench';
const estate: Estate = { domains: 100, narrow: 4, wide: 249 };

const measuredSchema = z.object({ exitCode: z.literal(0), cpuSeconds: z.number() });
const seenSchema = z.object({
  calls: z.array(z.object({ method: z.string(), path: z.string() })),
  wroteAtMs: z.number().optional(),
});

type Subject = { readonly who: 'one' | 'ten'; readonly planes: readonly string[]; readonly folder: string };
type Counts = { readonly calls: number; readonly pages: number; readonly writes: number };
type What = 'cold' | 'watch';
type Sample = {
  readonly who: Subject['who'];
  readonly what: What;
  /** Time until the last control plane has the change. */
  readonly seconds: number;
  /** Time until the command, or the pass, has ended. */
  readonly endedSeconds: number;
  readonly cpuSeconds: number;
  readonly planes: Readonly<Record<string, Counts>>;
};

async function bench(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'kong-privatelink-bench-'));
  const subjects: readonly Subject[] = [
    { who: 'one', planes: ['alone'], folder: join(folder, 'one') },
    { who: 'ten', planes: Array.from({ length: 10 }, (_, index) => `stage-${index + 1}`), folder: join(folder, 'ten') },
  ];
  const names = subjects.flatMap(({ planes }) => planes);
  const konnect = fork(join(__dirname, 'support/konnect-server.js'), [token, ...names]);
  const [told] = await once(konnect, 'message');
  const { url } = z.object({ url: z.string() }).parse(told);
  try {
    for (const subject of subjects) await createAll(subject, url);
    konnect.send({ latencyMs });
    const cold = await inTurn(subjects, (subject, round) => runCold(subject, { konnect, round }));
    report([...cold, ...(await runWatch(subjects, konnect))]);
  } finally {
    konnect.kill('SIGKILL');
    rmSync(folder, { recursive: true });
  }
}

const configOf = ({ folder }: Subject) => join(folder, 'kong-privatelink.yaml');
const environment = { PATH: process.env.PATH, KONNECT_TOKEN: token };

async function createAll(subject: Subject, url: string): Promise<void> {
  const { folder, planes } = subject;
  mkdirSync(folder);
  const sources = [{ name: 'hub', type: 'snapshot', file: join(folder, 'snapshot.json') }];
  const plane = { type: 'konnect', address: url, token: `\${KONNECT_TOKEN}` };
  const controlPlanes = planes.map((name) => ({ stage: name, ...plane, name }));
  writeFileSync(configOf(subject), JSON.stringify({ owner, sources, controlPlanes, stateDir: join(folder, 'state') }));
  change(subject, 100);
  await runCli(subject);
}

/** The weight of one target. */
function change({ folder }: Subject, weight: number): void {
  writeEstate(join(folder, 'snapshot.json'), new Map(oneTarget.map((index) => [index, weight])), estate);
}

/** Each subject in each round; which is first alternates. */
async function inTurn(
  subjects: readonly Subject[],
  run: (subject: Subject, round: number) => Promise<Sample>,
): Promise<readonly Sample[]> {
  const samples: Sample[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const turns = round % 2 === 0 ? subjects : subjects.toReversed();
    for (const subject of turns) samples.push(await run(subject, round));
    process.stderr.write(`round ${round + 1} of ${rounds}\n`);
  }
  return samples;
}

type Measuring = { readonly konnect: ChildProcess; readonly round: number };

function runCold(subject: Subject, { konnect, round }: Measuring): Promise<Sample> {
  change(subject, 10 + round);
  return sample(subject, { what: 'cold', konnect }, () => runCli(subject));
}

async function runCli(subject: Subject): Promise<z.infer<typeof measuredSchema>> {
  const argv = ['sync', '-c', configOf(subject), '--json'];
  const child = fork(join(__dirname, 'support/measure-cli.js'), argv, { env: environment });
  const [[told]] = await Promise.all([once(child, 'message'), once(child, 'exit')]);
  return measuredSchema.parse(told);
}

/** Workers with known control planes. After each change they read the effect of their own write. */
async function runWatch(subjects: readonly Subject[], konnect: ChildProcess): Promise<readonly Sample[]> {
  const workers = new Map<Subject, ChildProcess>();
  for (const subject of subjects) {
    const worker = fork(join(__dirname, 'support/measure-watch.js'), [configOf(subject)], { env: environment });
    await once(worker, 'message');
    workers.set(subject, worker);
    for (let time = 0; time < 3; time += 1) await passOf(worker);
  }
  const samples = await inTurn(subjects, async (subject, round) => {
    const worker = workers.get(subject);
    if (!worker) throw new Error(`no worker of ${subject.who}`);
    change(subject, 30 + round);
    const measured = await sample(subject, { what: 'watch', konnect }, () => passOf(worker));
    await passOf(worker);
    return measured;
  });
  for (const worker of workers.values()) worker.kill('SIGKILL');
  return samples;
}

async function passOf(worker: ChildProcess): Promise<z.infer<typeof measuredSchema>> {
  const answer = once(worker, 'message');
  worker.send('pass');
  return measuredSchema.parse((await answer)[0]);
}

async function sample(
  { who, planes }: Subject,
  { what, konnect }: { readonly what: What; readonly konnect: ChildProcess },
  run: () => Promise<z.infer<typeof measuredSchema>>,
): Promise<Sample> {
  await takeCalls(konnect);
  const startMs = Date.now();
  const { cpuSeconds } = await run();
  const endedSeconds = (Date.now() - startMs) / 1_000;
  const { calls, wroteAtMs = Number.NaN } = await takeCalls(konnect);
  const counts = planes.map((name) => [name, countsOf(name, calls)] as const);
  const unwritten = counts.filter(([, { writes }]) => writes !== 1).map(([name]) => name);
  if (unwritten.length > 0) throw new Error(`not exactly one write reached ${unwritten.join(', ')}`);
  const seconds = (wroteAtMs - startMs) / 1_000;
  return { who, what, seconds, endedSeconds, cpuSeconds, planes: Object.fromEntries(counts) };
}

async function takeCalls(konnect: ChildProcess): Promise<z.infer<typeof seenSchema>> {
  const answer = once(konnect, 'message');
  konnect.send('calls');
  return seenSchema.parse((await answer)[0]);
}

/** Includes the request for the control plane by its name. */
function countsOf(name: string, calls: z.infer<typeof seenSchema>['calls']): Counts {
  const id = uuidOf(`control-plane:${name}`);
  const own = calls.filter(({ path }) => path.includes(id) || path.endsWith(`=${name}`));
  return {
    calls: own.length,
    pages: own.filter(({ method, path }) => method === 'GET' && path.includes('/core-entities/')).length,
    writes: own.filter(({ method }) => method !== 'GET').length,
  };
}

const whats: readonly What[] = ['cold', 'watch'];

function report(samples: readonly Sample[]): void {
  const of = (who: Subject['who'], what: What, read: (one: Sample) => number) =>
    samples.filter((one) => one.who === who && one.what === what).map(read);
  const reads = {
    'all have it': (one: Sample) => one.seconds,
    ended: (one: Sample) => one.endedSeconds,
    processor: (one: Sample) => one.cpuSeconds,
  };
  const rows = whats.flatMap((what) =>
    Object.entries(reads).map(([seconds, read]) => {
      const [one, ten] = [of('one', what, read), of('ten', what, read)];
      const ratio = median(ten.map((value, round) => value / (one[round] ?? Number.NaN)));
      return [what, seconds, median(one).toFixed(3), median(ten).toFixed(3), ratio.toFixed(2)];
    }),
  );
  process.stdout.write(formatTable(['WHAT', 'SECONDS', 'ONE', 'TEN', 'RATIO'], rows));
  process.stdout.write(`\n${formatTable(['CONTROL PLANE', 'WHAT', 'CALLS', 'PAGES', 'WRITES'], countRows(samples))}`);
  const most = (one: Sample) => Math.max(...Object.values(one.planes).map(({ calls }) => calls));
  const goalOf = (what: What, name: string, read: (one: Sample) => number) => ({
    what: `${what}${name}`,
    ours: of('ten', what, read),
    peer: of('one', what, read),
  });
  const goals = whats.flatMap((what) => [
    goalOf(what, 'Seconds', (one) => one.seconds),
    goalOf(what, 'CallsPerPlane', most),
  ]);
  reportBench('stages', { latencyMs, samples }, goals);
}

/** Counts of all rounds: one number where they are equal. */
function countRows(samples: readonly Sample[]): readonly (readonly string[])[] {
  return whats.flatMap((what) => {
    const own = samples.filter((one) => one.what === what);
    const names = [...new Set(own.flatMap(({ planes }) => Object.keys(planes)))];
    return names.map((name) => {
      const counts = own.flatMap(({ planes: { [name]: one } }) => one ?? []);
      const said = (key: keyof Counts) => [...new Set(counts.map(({ [key]: count }) => count))].join(', ');
      return [name, what, said('calls'), said('pages'), said('writes')];
    });
  });
}

void bench();
