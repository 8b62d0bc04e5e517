import { fork } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { formatTable } from '#io/table';
import { credentialsOf } from '#sandbox/aws/credentials';
import { startAws } from '#sandbox/aws/server';
import { type AwsWorld, createWorld } from '#sandbox/aws/world/world';
import { zoneIdsOf } from '#sandbox/aws/world/zones';
import { type Konnect, startKonnect } from '#sandbox/konnect/konnect';
import { reportBench } from './support/report';

/**
 * The whole chain at size: 1,000 endpoints x 3 zones in 100 domains. `sync` on an empty control
 * plane, then after one endpoint was recreated, as commands of their own, three rounds. The second
 * may make at most pages read + targets changed + 4 calls.
 */
const endpointCount = 1_000;
const domainCount = 100;
const zoneCount = 3;
const rounds = 3;
const region = 'us-east-1';
const account = '222222222222';
const token = 'kpat_bench';

const measuredSchema = z.object({ exitCode: z.number(), seconds: z.number(), peakMb: z.number() });

type Sample = z.infer<typeof measuredSchema> & {
  readonly what: string;
  readonly calls: number;
  readonly pages: number;
  readonly changed: number;
};

async function bench(): Promise<void> {
  const samples: Sample[] = [];
  for (let round = 0; round < rounds; round += 1) samples.push(...(await runRound()));
  const rows = samples.map((one) => [
    one.what,
    String(one.calls),
    String(one.pages),
    String(one.changed),
    one.seconds.toFixed(2),
    one.peakMb.toFixed(0),
  ]);
  process.stdout.write(formatTable(['PASS', 'CALLS', 'PAGES', 'WRITES', 'SECONDS', 'PEAK MB'], rows));
  const changed = samples.filter((one) => one.what === 'one changed');
  const goal = {
    what: 'calls',
    ours: changed.map((one) => one.calls),
    peer: changed.map((one) => one.pages + one.changed + 4),
  };
  reportBench('chain', { samples }, [goal]);
}

async function runRound(): Promise<readonly Sample[]> {
  const world = createWorld();
  const [aws, konnect] = await Promise.all([
    startAws(world),
    startKonnect({ controlPlanes: [{ name: 'prod' }], token }),
  ]);
  const folder = mkdtempSync(join(tmpdir(), 'kong-privatelink-bench-'));
  const config = join(folder, 'kong-privatelink.yaml');
  writeFileSync(
    config,
    `owner: bench
sources: [{ name: hub, type: vpc-endpoints, regions: [${region}], endpoint: "${aws.url}", allow: { addresses: ["127.0.0.0/8"] } }]
controlPlane: { type: konnect, address: "${konnect.url}", name: prod, token: "\${KONNECT_TOKEN}" }
`,
  );
  try {
    const firstId = fill(world);
    const create = await sample('create all', { config, konnect });
    world.recreateEndpoint(firstId, { interfaces: interfacesAt(endpointCount) });
    return [create, await sample('one changed', { config, konnect })];
  } finally {
    await Promise.all([aws.close(), konnect.close()]);
    rmSync(folder, { recursive: true });
  }
}

/** Makes all endpoints; gives the id of the first. */
function fill(world: AwsWorld): string {
  const service = world.createService({ account: '333333333333', region });
  const ids = Array.from({ length: endpointCount }, (_, index) => {
    const tags = { 'kong:domain': `sd${index % domainCount}` };
    return world.createEndpoint({ account, region, serviceName: service.name, tags, interfaces: interfacesAt(index) })
      .id;
  });
  return ids[0] ?? '';
}

function interfacesAt(index: number) {
  return zoneIdsOf(region)
    .slice(0, zoneCount)
    .map((zoneId, zone) => ({ zoneId, ip: `10.${zone + 1}.${Math.floor(index / 250)}.${(index % 250) + 1}` }));
}

async function sample(
  what: string,
  { config, konnect }: { readonly config: string; readonly konnect: Konnect },
): Promise<Sample> {
  konnect.resetCalls();
  const measured = await runCli(['sync', '-c', config, '--json']);
  if (measured.exitCode !== 0) throw new Error(`${what}: sync ended with ${measured.exitCode}`);
  const pages = konnect.calls.filter((call) => call.method === 'GET' && call.path.includes('/core-entities/')).length;
  const changed = konnect.calls.filter((call) => call.method !== 'GET').length;
  return { what, ...measured, calls: konnect.calls.length, pages, changed };
}

function runCli(argv: readonly string[]): Promise<z.infer<typeof measuredSchema>> {
  const { accessKeyId, secretAccessKey } = credentialsOf(account);
  const env = {
    PATH: process.env.PATH,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    KONNECT_TOKEN: token,
  };
  return new Promise((done, fail) => {
    const child = fork(join(__dirname, 'support/measure-cli.js'), argv, { env });
    child.once('message', (message) => done(measuredSchema.parse(message)));
    child.once('error', fail);
    child.once('exit', (code) => fail(new Error(`the command line ended with ${code} before it reported its costs`)));
  });
}

void bench();
