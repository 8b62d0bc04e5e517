import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { credentialsOf } from '#sandbox/aws/credentials';
import { type AwsServer, startAws } from '#sandbox/aws/server';
import { type AwsWorld, createWorld } from '#sandbox/aws/world/world';
import { zoneIdsOf } from '#sandbox/aws/world/zones';
import { type Konnect, startKonnect } from '#sandbox/konnect/konnect';

/**
 * The stage of a night: the sandbox's AWS and Konnect, an estate in them, and the worker's
 * configuration.
 */
export type NightStage = {
  readonly world: AwsWorld;
  readonly aws: AwsServer;
  readonly konnect: Konnect;
  /** By domain. */
  readonly endpoints: ReadonlyMap<string, readonly string[]>;
  readonly addEndpoint: (tags: Readonly<Record<string, string>>, region?: string) => string;
  readonly configPath: string;
  readonly env: Readonly<Record<string, string>>;
  /** Rewrites the configuration, with these lines at its end. */
  readonly configure: (more?: string) => void;
  readonly close: () => Promise<void>;
};

const account = '222222222222';
const provider = '333333333333';
const token = 'kpat_sandbox';
const home = 'us-east-1';
const regions = [home, 'us-west-2'];
export const planeName = 'prod';

/**
 * Four domains of five endpoints each. `now` is the time of AWS and Konnect, and `onConfigure`
 * hears of each new configuration.
 */
export async function openNightStage(now: () => number, onConfigure: () => void): Promise<NightStage> {
  const world = createWorld({ now, deletedListedMs: 0 });
  const [aws, konnect] = await Promise.all([
    startAws(world),
    startKonnect({ controlPlanes: [{ name: planeName }], token, now }),
  ]);
  const folder = mkdtempSync(join(tmpdir(), 'kong-privatelink-'));
  const configPath = join(folder, 'kong-privatelink.yaml');
  const services = new Map(regions.map((region) => [region, world.createService({ account: provider, region }).name]));
  let count = 0;
  const addEndpoint: NightStage['addEndpoint'] = (tags, region = home) => {
    count += 1;
    const interfaces = [{ zoneId: zoneIdsOf(region)[0] ?? '', ip: `10.0.1.${count}` }];
    return world.createEndpoint({ account, region, serviceName: services.get(region) ?? '', tags, interfaces }).id;
  };
  const five = (domain: string) =>
    Array.from({ length: 5 }, (_, index) => addEndpoint({ 'kong:domain': domain }, regions[index % 2]));
  const configure = (more = 'watch: { listen: "127.0.0.1:0" }') => {
    writeFileSync(configPath, configurationOf({ aws, konnect }, more));
    onConfigure();
  };
  configure();
  // The SDK reads the environment of the process. Each call is tried once, so that nobody waits by
  // the wall clock.
  const { accessKeyId, secretAccessKey } = credentialsOf(account);
  const own = { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, AWS_MAX_ATTEMPTS: '1' };
  Object.assign(process.env, own);
  return {
    world,
    aws,
    konnect,
    endpoints: new Map(['sd1', 'sd2', 'sd3', 'sd4'].map((domain) => [domain, five(domain)])),
    addEndpoint,
    configPath,
    env: { KONNECT_TOKEN: token },
    configure,
    close: async () => {
      await Promise.all([aws.close(), konnect.close()]);
      rmSync(folder, { recursive: true });
    },
  };
}

function configurationOf({ aws, konnect }: Pick<NightStage, 'aws' | 'konnect'>, more: string): string {
  return `owner: platform
sources: [{ name: hub, type: vpc-endpoints, regions: [${regions.join(', ')}], endpoint: "${aws.url}" }]
controlPlane: { type: konnect, address: "${konnect.url}", name: ${planeName}, token: "\${KONNECT_TOKEN}" }
${more}
`;
}
