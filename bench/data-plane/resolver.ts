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
import { estates } from '../support/discovery-world';
import { median } from '../support/median';
import { reportBench } from '../support/report';
import { lackingDnsmasq, startDnsmasq } from './dnsmasq';
import { type Offer, passSeconds, writeConfigOf, writeEstateOf } from './estate';
import { processorSeconds, residentMb } from './process-cost';
import { startResolver } from './resolver-process';
import { ownZone, suffix } from './ways';

/**
 * The resolver's processor time per answer, beside dnsmasq with the same records and the same questions, and its memory for 10,000
 * endpoints of three addresses in 200 domains, all of which Kong asks for. Goals: at most 15 us of the processor per answer; at most
 * 90 MB with a snapshot as source, 160 MB with EC2.
 */
const rounds = 20;
const questions = 40_000;
const domains = 100;
const memoryRounds = 3;
const endpoints = 10_000;
const passes = 3;
const limits = { cpuUs: 15, snapshotMb: 90, ec2Mb: 160 } as const;

const ours = 'kong-privatelink resolver';
const dnsmasq = 'dnsmasq';

type Answered = { readonly what: string; readonly round: number; readonly cpuUs: number; readonly perSecond: number };
type Held = Memory & { readonly source: string; readonly inUse: number; readonly round: number };
type Memory = { readonly residentMb: number; readonly peakMb: number };

/** A Kong that has all domains, and one that has a single one. */
const uses: readonly number[] = [estates.large.domains, 1];

async function bench(): Promise<void> {
  const lacking = lackingDnsmasq();
  if (lacking) process.stderr.write(`compared with the limit of ${limits.cpuUs} us alone: ${lacking}\n`);
  const answered = await inFolder((folder) => measureAnswers(folder, lacking === undefined));
  const held: Held[] = [];
  for (let round = 0; round < memoryRounds; round += 1) {
    for (const inUse of uses) {
      const snapshot = await inFolder((folder) => measureSnapshot(folder, inUse));
      const ec2 = await inFolder((folder) => measureEc2(folder, inUse));
      held.push({ source: 'snapshot', inUse, round, ...snapshot }, { source: 'EC2', inUse, round, ...ec2 });
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
  // V8 compiles what is asked often.
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

async function measureSnapshot(folder: string, inUse: number): Promise<Memory> {
  const port = await freePort();
  const offers = offersOf({ endpoints, domains: estates.large.domains });
  return measureMemory(writeEstateOf(folder, offers, `${host}:${port}`), { port, inUse });
}

async function measureEc2(folder: string, inUse: number): Promise<Memory> {
  const world = fork(join(__dirname, '../support/discovery-world.js'), ['large']);
  const [told] = await once(world, 'message');
  const { url } = z.object({ url: z.string() }).parse(told);
  const accounts = estates.large.accounts.map((account) => ({
    roleArn: `arn:aws:iam::${account}:role/kong-privatelink`,
    externalId: 'bench',
  }));
  const source = { name: 'hub', type: 'vpc-endpoints', regions: estates.large.regions, endpoint: url, accounts };
  const port = await freePort();
  const measured = await measureMemory(writeConfigOf(folder, [source], `${host}:${port}`), { port, inUse });
  world.kill('SIGKILL');
  return measured;
}

type Asking = { readonly port: number; readonly inUse: number };

/** The most that is resident once these domains were asked for, through several passes of discovery; and the most ever. */
async function measureMemory(configPath: string, { port, inUse }: Asking): Promise<Memory> {
  const { accessKeyId, secretAccessKey } = credentialsOf('111111111111');
  const env = { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey };
  const { pid, close } = await startResolver({ configPath, zoneId: ownZone, env });
  const asker = await startAsker(port, namesOf(inUse));
  await untilKnown(asker, inUse);
  const seen: number[] = [];
  for (let second = 0; second < passes * passSeconds; second += 1) {
    await wait(1_000);
    seen.push(residentMb(pid, 'VmRSS'));
  }
  const peakMb = residentMb(pid, 'VmHWM');
  asker.kill('SIGKILL');
  await close();
  return { residentMb: Math.max(...seen), peakMb };
}

function offersOf(count: { readonly endpoints: number; readonly domains: number }): readonly Offer[] {
  return Array.from({ length: count.endpoints }, (_, index) => ({
    domain: `sd${index % count.domains}`,
    addresses: [0, 1, 2].map((zone) => `10.${zone}.${Math.floor(index / 250)}.${(index % 250) + 1}`),
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

/** Asks until every answer holds a record: before that the server does not know all domains. Throws when that never comes. */
async function untilKnown(asker: ChildProcess, count: number): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    if ((await ask(asker, count)).empty === 0) return;
    await wait(300);
  }
  throw new Error('a server has answered without records for half a minute');
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
    `${one.inUse} of ${estates.large.domains}`,
    one.residentMb.toFixed(0),
    one.peakMb.toFixed(0),
  ]);
  process.stdout.write(formatTable(['10,000 ENDPOINTS FROM', 'DOMAINS ASKED FOR', 'RESIDENT MB', 'PEAK MB'], memory));
  const mbOf = (source: string) =>
    held.filter((one) => one.source === source && one.inUse === uses[0]).map((one) => one.residentMb);
  const cpuOf = (what: string) => of(what).map(({ cpuUs }) => cpuUs);
  // Where nobody else does the same, the peer is the limit.
  const goals = [
    { what: 'resolverCpuPerAnswer', ours: cpuOf(ours), peer: of(dnsmasq).length > 0 ? cpuOf(dnsmasq) : [limits.cpuUs] },
    { what: 'resolverMemorySnapshot', ours: mbOf('snapshot'), peer: [limits.snapshotMb] },
    { what: 'resolverMemoryEc2', ours: mbOf('EC2'), peer: [limits.ec2Mb] },
  ];
  reportBench('resolver', { limits, answered, held }, goals);
}

void bench();
