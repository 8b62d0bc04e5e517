import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { formatTable } from '#io/table';
import { measureP50s, measureRate } from './plugin-server/callers';
import { measureThroughKong } from './plugin-server/kong';
import { type Subject, startClass, startEcho, startGo, writeConfig, writeSnapshot } from './plugin-server/subjects';
import { median } from './support/median';
import { pinSelf } from './support/pin';
import { reportBench } from './support/report';

/**
 * The plugin over its server's own socket, from HandleEvent to the end of the event. Beside it: the
 * stock server with the same class, our server with two constant calls, and a Go plugin with the
 * same two. Goals: p50 at most 0.5x and requests/s at least 1.5x of the stock server; p50 at most
 * 1.2x of the constant calls; requests/s at least those of Go. Every p50 is given without the p50
 * of an echo server.
 */
const rounds = 20;
/** Rates are taken once in this many rounds: they take longest, and tell less. */
const roundsPerRate = 4;
const calls = 4_000;
/**
 * Calls until V8 has compiled its code for good: a data plane runs for days. The trial call of each
 * second is the first on another connection.
 */
const warmUp = 40_000;
const connections = 16;
const rateMs = 1_000;
const many = 1_000;

type Sample = {
  readonly what: string;
  readonly variant: string;
  readonly round: number;
  readonly p50Us: number;
  /** Absent in most rounds. */
  readonly perSecond?: number;
};

type Variant = { readonly name: string; readonly endpoints: number; readonly isRefreshing: boolean };

const variants: readonly Variant[] = [
  { name: '1 endpoint', endpoints: 1, isRefreshing: false },
  { name: '1,000 endpoints', endpoints: many, isRefreshing: false },
  { name: '1,000 endpoints, refreshed', endpoints: many, isRefreshing: true },
];

const ours = 'kong-privatelink-pluginserver';
const stock = 'kong-js-pluginserver';
const constant = 'constant calls';
const go = 'Go plugin';

const entries = join(__dirname, '../plugin/entries');
const constantEntries = join(__dirname, 'constant-entries');

async function bench(): Promise<void> {
  const samples: Sample[] = [];
  for (let round = 0; round < rounds; round += 1) {
    for (const variant of variants) {
      samples.push(...(await runRound(round, variant)));
      process.stderr.write(`round ${round + 1} of ${rounds}: ${variant.name}\n`);
    }
    if (round % roundsPerRate === 0) samples.push(...(await runKong(round)));
  }
  report(samples);
}

/**
 * Times single calls with all servers on one core, in turns, so that the machine treats them alike.
 * Then measures the rate of each alone, on all cores.
 */
async function runRound(round: number, variant: Variant): Promise<readonly Sample[]> {
  return inFolder(async (folder) => {
    const config = writeConfig(folder, variant.endpoints);
    const stopRefreshing = variant.isRefreshing ? refresh(folder, variant.endpoints) : () => {};
    pinSelf('0');
    const p50s = await measureTogether(startersOf(config, folder));
    pinSelf('0,1');
    const samples: Sample[] = [];
    for (const { what, start } of startersOf(config, folder)) {
      const p50Us = p50s.get(what);
      if (p50Us === undefined) continue;
      const perSecond = round % roundsPerRate === 0 ? await measureAlone(start) : undefined;
      samples.push({ what, variant: variant.name, round, p50Us, perSecond });
    }
    stopRefreshing();
    return samples;
  });
}

type Starter = { readonly what: string; readonly start: () => Promise<Subject | undefined> };

function startersOf(config: string, folder: string): readonly Starter[] {
  const classOf = (program: Program) => startClass({ program, entries, name: 'privatelink', config, folder });
  return [
    { what: 'echo', start: () => startEcho(folder) },
    { what: ours, start: () => classOf(ours) },
    { what: stock, start: () => classOf(stock) },
    { what: constant, start: () => startConstant(folder) },
    { what: go, start: () => startGo(folder) },
  ];
}

async function measureTogether(starters: readonly Starter[]): Promise<ReadonlyMap<string, number>> {
  const running: { readonly what: string; readonly subject: Subject }[] = [];
  for (const { what, start } of starters) {
    const subject = await start();
    if (subject) running.push({ what, subject });
  }
  const opens = running.map(({ subject }) => subject.open);
  const p50s = await measureP50s(opens, { calls, warmUp });
  await Promise.all(running.map(({ subject }) => subject.close()));
  return new Map(running.map(({ what }, index) => [what, p50s[index] ?? 0]));
}

async function measureAlone(start: Starter['start']): Promise<number | undefined> {
  const subject = await start();
  const perSecond = subject && (await measureRate(subject.open, connections, rateMs));
  await subject?.close();
  return perSecond;
}

const throughKong = 'a real Kong';

/** Nothing without `KONG_BIN`. */
async function runKong(round: number): Promise<readonly Sample[]> {
  const kong = process.env.KONG_BIN;
  if (!kong) return [];
  const options = { kong, calls, connections, rateMs };
  const samples = await inFolder((folder) => measureThroughKong({ ...options, folder }));
  return samples.map((one) => ({ ...one, variant: throughKong, round }));
}

async function inFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'kong-privatelink-bench-'));
  try {
    return await use(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

type Program = Parameters<typeof startClass>[0]['program'];

/** Every pass of discovery finds every endpoint changed. */
function refresh(folder: string, endpoints: number): () => void {
  let weight = 100;
  const timer = setInterval(() => {
    weight = weight === 100 ? 99 : 100;
    writeSnapshot(folder, endpoints, { weight });
  }, 1_000);
  return () => clearInterval(timer);
}

function startConstant(folder: string): Promise<Subject> {
  return startClass({ program: ours, entries: constantEntries, name: 'constant', folder });
}

function report(samples: readonly Sample[]): void {
  const of = (what: string, variant: Variant) =>
    samples.filter((one) => one.what === what && one.variant === variant.name);
  const rates = (what: string, variant: Variant) => of(what, variant).flatMap((one) => one.perSecond ?? []);
  const echoes = (variant: Variant) => of('echo', variant).map((one) => one.p50Us);
  const p50s = (what: string, variant: Variant) =>
    of(what, variant).map((one, index) => one.p50Us - (echoes(variant)[index] ?? 0));
  const rows = variants.flatMap((variant) =>
    [...new Set(samples.filter((one) => one.variant === variant.name).map((one) => one.what))].map((what) => [
      variant.name,
      what,
      ...[of(what, variant).map((one) => one.p50Us), p50s(what, variant), rates(what, variant)].map((values) =>
        median(values).toFixed(0),
      ),
    ]),
  );
  process.stdout.write(formatTable(['CASE', 'WHAT', 'P50 US', 'WITHOUT ECHO US', 'REQUESTS/S'], rows));
  reportKong(samples.filter((one) => one.variant === throughKong));
  const slowest = (peer: string) => worst((variant) => median(p50s(ours, variant)) / median(p50s(peer, variant)));
  const fewest = (peer: string) => worst((variant) => median(rates(peer, variant)) / median(rates(ours, variant)));
  const goal = (what: string, read: typeof rates, [peer, variant]: readonly [string, Variant]) => ({
    what,
    ours: read(ours, variant),
    peer: read(peer, variant),
  });
  const hasGo = samples.some((one) => one.what === go);
  const goals = [
    goal('p50', p50s, [stock, slowest(stock)]),
    goal('rps', rates, [stock, fewest(stock)]),
    goal('p50Constant', p50s, [constant, slowest(constant)]),
    ...(hasGo ? [goal('rpsGo', rates, [go, fewest(go)])] : []),
  ];
  reportBench('plugin', { samples }, goals);
}

function reportKong(samples: readonly Sample[]): void {
  if (samples.length === 0) {
    process.stdout.write('not through a real Kong: set KONG_BIN to a kong 3.x executable\n');
    return;
  }
  const rows = [...new Set(samples.map((one) => one.what))].map((what) => {
    const own = samples.filter((one) => one.what === what);
    return [
      what,
      median(own.map((one) => one.p50Us)).toFixed(0),
      median(own.flatMap((one) => one.perSecond ?? [])).toFixed(0),
    ];
  });
  process.stdout.write(formatTable(['THROUGH A REAL KONG', 'P50 US', 'REQUESTS/S'], rows));
}

/** The case for which `badness` is greatest. */
function worst(badness: (variant: Variant) => number): Variant {
  return variants.reduce((left, right) => (badness(right) > badness(left) ? right : left));
}

void bench();
