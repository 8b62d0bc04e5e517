import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { formatTable } from '#io/table';
import { measureP50s } from '../plugin-server/callers';
import { openHttpCaller } from '../plugin-server/http';
import { median } from '../support/median';
import { reportBench } from '../support/report';
import { preamble, startWays } from './kong';
import { processorMicroseconds } from './process-cost';
import { measureRates, type Rate } from './rounds';
import { type CallersWay, callersWays, type Way, ways } from './ways';

/**
 * The cost of each way to find a request's address, through one real Kong with one worker. The base
 * is a domain without any plugin, as the product writes it: an upstream with the addresses as
 * targets. Goals, as medians of the ratios of each round: p50 and requests/s of the resolver within
 * 1.05 of the base, of the zone plugin within 1.12, of the callers plugin within 1.12 with its
 * worst table; the plugin server as before or better. Also measures a service with an address and
 * without an upstream.
 */
const rounds = 20;
const calls = 1_000;
const warmUp = 2_000;
const slices = { connections: 16, sliceMs: 50, slices: 8 };

const titles = [
  'THROUGH A REAL KONG',
  'P50 US',
  'OF NO PLUGIN',
  'OF NO UPSTREAM',
  'REQUESTS/S',
  'FEWER THAN NO PLUGIN',
  'THAN NO UPSTREAM',
  "KONG'S PROCESSOR US",
];

type Sample = Rate & { readonly way: Way; readonly round: number; readonly p50Us: number };

const all = Object.keys(ways) as readonly Way[];

async function bench(): Promise<void> {
  const kong = process.env.KONG_BIN;
  if (!kong) {
    process.stderr.write('there is no Kong: set KONG_BIN to a kong 3.x executable\n');
    process.exitCode = 1;
    return;
  }
  const folder = mkdtempSync(join(tmpdir(), 'kong-privatelink-bench-'));
  const { port, worker, close } = await startWays(kong, folder);
  try {
    report(await runRounds(port, () => processorMicroseconds(worker)));
  } finally {
    await close();
    rmSync(folder, { recursive: true });
  }
}

async function runRounds(port: number, processorUs: () => number): Promise<readonly Sample[]> {
  const samples: Sample[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const order = orderOf(round);
    const opens = order.map((way) => () => openHttpCaller(port, `/${way}`, preamble));
    const p50s = await measureP50s(opens, { calls, warmUp: round === 0 ? warmUp : 100 });
    const rates = await measureRates(opens, { ...slices, processorUs });
    for (const [index, rate] of rates.entries()) {
      samples.push({ way: order[index] ?? 'bare', round, p50Us: p50s[index] ?? 0, ...rate });
    }
    process.stderr.write(`round ${round + 1} of ${rounds}\n`);
  }
  return samples;
}

/**
 * Each round begins with another way, and every second round runs backwards: the traces of one way
 * do not always hit the same next way.
 */
function orderOf(round: number): readonly Way[] {
  const order = all.map((_, index) => all[(index + round) % all.length] ?? 'bare');
  return round % 2 === 0 ? order : order.reverse();
}

function report(samples: readonly Sample[]): void {
  const of = (way: Way, read: (one: Sample) => number) => samples.filter((one) => one.way === way).map(read);
  const p50s = (way: Way) => of(way, ({ p50Us }) => p50Us);
  const rates = (way: Way) => of(way, ({ perSecond }) => perSecond);
  const rows = all.map((way) => [
    ways[way],
    median(p50s(way)).toFixed(0),
    median(ratios(p50s(way), p50s('alone'))).toFixed(3),
    median(ratios(p50s(way), p50s('bare'))).toFixed(3),
    median(rates(way)).toFixed(0),
    median(ratios(rates('alone'), rates(way))).toFixed(3),
    median(ratios(rates('bare'), rates(way))).toFixed(3),
    median(of(way, ({ processorUs }) => processorUs)).toFixed(1),
  ]);
  process.stdout.write(formatTable(titles, rows));
  const goals = (['resolver', 'zone', 'server'] as const).flatMap((way) => [
    { what: `${way}P50`, ours: p50s(way), peer: p50s('alone') },
    { what: `${way}Rps`, ours: rates(way), peer: rates('alone') },
  ]);
  const worstP50 = worstOf((way) => median(ratios(p50s(way), p50s('alone'))));
  const worstRps = worstOf((way) => median(ratios(rates('alone'), rates(way))));
  const callers = [
    { what: 'callersP50', ours: p50s(worstP50), peer: p50s('alone') },
    { what: 'callersRps', ours: rates(worstRps), peer: rates('alone') },
  ];
  reportBench('dataplane', { samples }, [...goals, ...callers]);
}

/** The table that costs most. */
function worstOf(cost: (way: CallersWay) => number): CallersWay {
  return [...callersWays].sort((one, other) => cost(other) - cost(one))[0] ?? 'callers10';
}

function ratios(left: readonly number[], right: readonly number[]): readonly number[] {
  return left.map((one, index) => one / (right[index] ?? Number.NaN));
}

void bench();
