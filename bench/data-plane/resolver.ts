import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { z } from 'zod';
import { resolverName } from '#core/names';
import { formatTable } from '#io/table';
import { credentialsOf } from '#sandbox/aws/credentials';
import { freePort, host } from '../plugin-server/http';
import { type EstateName, estates } from '../support/discovery-world';
import { median } from '../support/median';
import { reportBench } from '../support/report';
import { lackingDnsmasq, startDnsmasq } from './dnsmasq';
import { type Offer, passSeconds, writeConfigOf, writeEstateOf } from './estate';
import { processorSeconds, residentMb } from './process-cost';
import { startResolver } from './resolver-process';
import { ownZone, suffix } from './ways';

/**
 * The resolver's processor time per answer, beside dnsmasq with equal records and questions, and
 * its memory for 10,000 endpoints in 200 domains: the median through several passes, and the peak.
 * The snapshot is rewritten for each pass, as its writer does. Goals: at most 15 us of the
 * processor per answer; at most 90 MB with a snapshot as source, 160 MB with EC2. Both are for
 * endpoints of three addresses, with questions for all domains, in the environment of the image.
 */
const rounds = 20;
const questions = 40_000;
const domains = 100;
const memoryRounds = 3;
const endpoints = 10_000;
const passes = 4;
const limits = { cpuUs: 15, snapshotMb: 90, ec2Mb: 160 } as const;

const ours = 'kong-privatelink resolver';
const dnsmasq = 'dnsmasq';

type Answered = { readonly what: string; readonly round: number; readonly cpuUs: number; readonly perSecond: number };
type Held = Memory & MemoryCase & { readonly source: string; readonly round: number };
type Memory = { readonly residentMb: number; readonly peakMb: number };
type MemoryCase = {
  readonly addresses: 1 | 3;
  /** Domains that Kong asks for. */
  readonly inUse: number;
  /** With the variable that the image sets; else without. */
  readonly isImage: boolean;
};

/** From the Dockerfile. */
const imageEnv = { MALLOC_TRIM_THRESHOLD_: '131072' };

const goalCase: MemoryCase = { addresses: 3, inUse: estates.large.domains, isImage: true };
const memoryCases: readonly MemoryCase[] = [
  goalCase,
  { ...goalCase, isImage: false },
  { ...goalCase, inUse: 1 },
  { ...goalCase, addresses: 1 },
];

async function bench(): Promise<void> {
  const lacking = lackingDnsmasq();
  if (lacking) process.stderr.write(`compared with the limit of ${limits.cpuUs} us alone: ${lacking}\n`);
  const answered = await inFolder((folder) => measureAnswers(folder, lacking === undefined));
  const held: Held[] = [];
  for (let round = 0; round < memoryRounds; round += 1) {
    for (const one of memoryCases) {
      const snapshot = await inFolder((folder) => measureSnapshot(folder, one));
      const ec2 = await inFolder((folder) => measureEc2(folder, one));
      held.push({ source: 'snapshot', round, ...one, ...snapshot }, { source: 'EC2', round, ...one, ...ec2 });
    }
    process.stderr.write(`memory: round ${round + 1} of ${memoryRounds}\n`);
  }
  report(answered, held);
}

async function measureAnswers(folder: string, hasPeer: boolean): Promise<readonly Answered[]> {
  const offers = offersOf({ endpoints: domains, domains });
  const [ownPort, peerPort] = [await freePort(), await freePort()];
  const own = await startResolver({ configPath: writeEstateOf(folder, offers, `${host}:${ownPort}`), zoneId: ownZone });
  const peer = hasPeer ? await startDnsmasq(folder, offers, peerPort) : undefined;
  const names = namesOf(domains);
  const servers = [
    { what: ours, pid: own.pid, asker: await startAsker(ownPort, names) },
    ...(peer?.pid ? [{ what: dnsmasq, pid: peer.pid, asker: await startAsker(peerPort, names) }] : []),
  ];
  // V8 compiles frequent questions.
  for (const { asker } of servers) await untilKnown(asker, questions);
  const samples: Answered[] = [];
  for (let round = 0; round < rounds; round += 1) {
    for (const { what, pid, asker } of round % 2 === 0 ? servers : servers.toReversed()) {
      const before = processorSeconds(pid);
      const { answers, seconds, empty } = await ask(asker, questions);
      if (empty > 0) throw new Error(`${what}: ${empty} answers hold no record`);
      const cpuUs = ((processorSeconds(pid) - before) / answers) * 1e6;
      samples.push({ what, round, cpuUs, perSecond: answers / seconds });
    }
    process.stderr.write(`answers: round ${round + 1} of ${rounds}\n`);
  }
  for (const { asker } of servers) asker.kill('SIGKILL');
  peer?.kill('SIGKILL');
  await own.close();
  return samples;
}

async function measureSnapshot(folder: string, one: MemoryCase): Promise<Memory> {
  const port = await freePort();
  const offers = offersOf({ endpoints, domains: estates.large.domains, addresses: one.addresses });
  const write = () => writeEstateOf(folder, offers, `${host}:${port}`);
  return measureMemory(write(), { ...one, port, beforePass: write });
}

async function measureEc2(folder: string, one: MemoryCase): Promise<Memory> {
  const estate: EstateName = one.addresses === 3 ? 'large' : 'oneZone';
  const world = fork(join(__dirname, '../support/discovery-world.js'), [estate]);
  const [told] = await once(world, 'message');
  const { url } = z.object({ url: z.string() }).parse(told);
  const accounts = estates.large.accounts.map((account) => ({
    roleArn: `arn:aws:iam::${account}:role/kong-privatelink`,
    externalId: 'bench',
  }));
  const source = { name: 'hub', type: 'vpc-endpoints', regions: estates.large.regions, endpoint: url, accounts };
  const port = await freePort();
  const measured = await measureMemory(writeConfigOf(folder, [source], `${host}:${port}`), { ...one, port });
  world.kill('SIGKILL');
  return measured;
}

type Asking = MemoryCase & {
  readonly port: number;
  readonly beforePass?: () => void;
};

/**
 * Resident memory after questions for these domains: the median through several passes of
 * discovery, and the peak.
 */
async function measureMemory(configPath: string, { port, inUse, isImage, beforePass }: Asking): Promise<Memory> {
  const { accessKeyId, secretAccessKey } = credentialsOf('111111111111');
  const keys = { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey };
  const { pid, close } = await startResolver({
    configPath,
    zoneId: ownZone,
    env: { ...keys, ...(isImage && imageEnv) },
  });
  const asker = await startAsker(port, namesOf(inUse));
  await untilKnown(asker, inUse);
  const seen: number[] = [];
  for (let second = 0; second < passes * passSeconds; second += 1) {
    if (second % passSeconds === 0) beforePass?.();
    await wait(1_000);
    await ask(asker, inUse);
    seen.push(residentMb(pid, 'VmRSS'));
  }
  const peakMb = residentMb(pid, 'VmHWM');
  asker.kill('SIGKILL');
  await close();
  return { residentMb: median(seen), peakMb };
}

type OfferCount = { readonly endpoints: number; readonly domains: number; readonly addresses?: number };

function offersOf(count: OfferCount): readonly Offer[] {
  return Array.from({ length: count.endpoints }, (_, index) => ({
    domain: `sd${index % count.domains}`,
    addresses: [0, 1, 2]
      .slice(0, count.addresses)
      .map((zone) => `10.${zone}.${Math.floor(index / 250)}.${(index % 250) + 1}`),
    port: 8_080,
  }));
}

function namesOf(count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `_http._tcp.${resolverName(`sd${index}`, suffix)}`);
}

async function startAsker(port: number, names: readonly string[]): Promise<ChildProcess> {
  const asker = fork(join(__dirname, 'questions.js'), [String(port), ...names]);
  await once(asker, 'message');
  return asker;
}

const asked = z.object({ answers: z.number(), seconds: z.number(), empty: z.number(), lost: z.number() });

async function ask(asker: ChildProcess, count: number): Promise<z.infer<typeof asked>> {
  const told = once(asker, 'message');
  asker.send(count);
  return asked.parse((await told)[0]);
}

/**
 * Asks until every answer holds a record: before that the server does not know all domains. Throws
 * when an answer stays empty.
 */
async function untilKnown(asker: ChildProcess, count: number): Promise<void> {
  for (let attempt = 0; attempt < 400; attempt += 1) {
    if ((await ask(asker, count)).empty === 0) return;
    await wait(300);
  }
  throw new Error('a server has answered without records for two minutes');
}

async function inFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'kong-privatelink-bench-'));
  try {
    return await use(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function report(answered: readonly Answered[], held: readonly Held[]): void {
  const of = (what: string) => answered.filter((one) => one.what === what);
  const rows = [ours, dnsmasq].map((what) => [
    what,
    median(of(what).map(({ cpuUs }) => cpuUs)).toFixed(1),
    median(of(what).map(({ perSecond }) => perSecond)).toFixed(0),
  ]);
  process.stdout.write(formatTable(['WHAT', 'PROCESSOR US PER ANSWER', 'ANSWERS/S OF ONE CLIENT'], rows));
  const memory = held.map((one) => [
    one.source,
    String(one.addresses),
    one.isImage ? 'as the image' : 'none',
    `${one.inUse} of ${estates.large.domains}`,
    one.residentMb.toFixed(0),
    one.peakMb.toFixed(0),
  ]);
  const headings = [
    '10,000 ENDPOINTS FROM',
    'ADDRESSES EACH',
    'VARIABLES',
    'DOMAINS ASKED FOR',
    'MEDIAN MB',
    'PEAK MB',
  ];
  process.stdout.write(formatTable(headings, memory));
  const isGoal = ({ addresses, inUse, isImage }: MemoryCase) =>
    isImage && addresses === goalCase.addresses && inUse === goalCase.inUse;
  const mbOf = (source: string) =>
    held.filter((one) => one.source === source && isGoal(one)).map((one) => one.residentMb);
  const cpuOf = (what: string) => of(what).map(({ cpuUs }) => cpuUs);
  // Where no peer does the same, the goal is the limit.
  const goals = [
    { what: 'resolverCpuPerAnswer', ours: cpuOf(ours), peer: of(dnsmasq).length > 0 ? cpuOf(dnsmasq) : [limits.cpuUs] },
    { what: 'resolverMemorySnapshot', ours: mbOf('snapshot'), peer: [limits.snapshotMb] },
    { what: 'resolverMemoryEc2', ours: mbOf('EC2'), peer: [limits.ec2Mb] },
  ];
  reportBench('resolver', { limits, answered, held }, goals);
}

void bench();
