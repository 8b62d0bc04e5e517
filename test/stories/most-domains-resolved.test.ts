import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import type { RecordType } from 'dns-packet';
import { createTcpFrames, tcpFrameOf } from '#resolver/packets/frames';
import { endpointOf } from '../support/builders';
import { queryOf, readAnswer } from '../support/network/dns';
import {
  ask,
  listeningAt,
  type ResolverProcess,
  sendTcp,
  spawnResolver,
  targetOf,
  writeConfig,
  writeSnapshot,
} from '../support/network/resolver';
import { until } from '../support/until';

/**
 * As many domains as a control plane of Konnect holds targets. Each target is a name for the
 * resolver.
 */
const most = 10_000;

let folder: string;
let resolver: ResolverProcess | undefined;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kong-privatelink-'));
});

afterEach(async () => {
  resolver?.child.kill();
  await resolver?.ended;
  rmSync(folder, { recursive: true });
});

const numbers = Array.from({ length: most }, (_, index) => index);
const addressesOf = (index: number) => [1, 2].map((net) => `10.${net}.${index >> 8}.${index & 255}`);
const nameOf = (index: number) => `_http._tcp.d${index}.privatelink.internal`;

type Answer = ReturnType<typeof readAnswer>;

/**
 * Asks for each domain over one connection, and repeats unanswered questions. Returns the answers
 * by domain.
 */
async function askForAll(port: number, type: RecordType): Promise<ReadonlyMap<number, Answer>> {
  const answers = new Map<number, Answer>();
  const isOpen = (index: number) => (answers.get(index)?.rcode ?? 'SERVFAIL') === 'SERVFAIL';
  await until(`each ${type} is answered`, async () => {
    const asked = numbers.filter(isOpen);
    const frames = createTcpFrames();
    frames.add(
      await sendTcp(port, Buffer.concat(asked.map((index) => tcpFrameOf(withId(queryOf(nameOf(index), type), index))))),
    );
    for (let bytes = frames.next(); bytes; bytes = frames.next()) answers.set(bytes.readUInt16BE(0), readAnswer(bytes));
    return !numbers.some(isOpen);
  });
  return answers;
}

function withId(query: Buffer, id: number): Buffer {
  query.writeUInt16BE(id, 0);
  return query;
}

it(`the resolver answers each of ${most} domains by its own addresses, and denies one more`, async () => {
  const endpoints = numbers.map((index) => {
    const addresses = addressesOf(index).map((ip) => ({ ip, region: 'us-east-1' }));
    return endpointOf({ id: `vpce-${index}`, domain: `d${index}`, createdAtMs: index, addresses });
  });
  writeSnapshot(join(folder, 'snapshot.json'), endpoints);
  resolver = spawnResolver(['-c', writeConfig(folder), '--zone-id', 'use1-az1', '--json']);
  const { port } = await listeningAt(resolver);
  // The resolver denies nothing before it has asked each scope three times.
  await until('it denies a domain', async () => (await ask(port, nameOf(most), 'SRV')).rcode === 'NXDOMAIN');

  const [srv, a] = [await askForAll(port, 'SRV'), await askForAll(port, 'A')];

  const heard = numbers.map((index) => [
    srv.get(index)?.answers.map(targetOf).sort(),
    a
      .get(index)
      ?.answers.map(({ data }) => String(data))
      .sort(),
  ]);
  const wrong = numbers.filter(
    (index) => JSON.stringify(heard[index]) !== JSON.stringify([addressesOf(index), addressesOf(index)]),
  );
  expect(wrong.slice(0, 3).map((index) => [index, heard[index]])).toEqual([]);
  expect(await ask(port, nameOf(most), 'A')).toMatchObject({ rcode: 'NXDOMAIN', answers: [] });
});
