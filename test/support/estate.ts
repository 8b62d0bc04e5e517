import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type AwsServer, startAws } from '#sandbox/aws/server';
import type { ResourceSpec } from '#sandbox/aws/world/associations';
import { type AwsWorld, createWorld } from '#sandbox/aws/world/world';
import { zoneIdsOf } from '#sandbox/aws/world/zones';
import { type Konnect, type KonnectOptions, startKonnect } from '#sandbox/konnect/konnect';
import { keysOf } from './aws/keys';
import { type CliResult, runCli } from './cli';

export const gatewayAccount = '222222222222';
export const region = 'us-east-1';

/**
 * An embedded AWS and Konnect, a configuration file that names them, and the command line to run on
 * them.
 */
export type Estate = {
  readonly world: AwsWorld;
  readonly aws: AwsServer;
  readonly konnect: Konnect;
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
  /** Replaces the configuration. The text of `more` is added to the required keys. */
  configure(text: string): void;
  /**
   * Adds an endpoint of the gateway's account, tagged for `domain`. Its interfaces get `ips`, each
   * in another zone.
   */
  addEndpoint(domain: string, ips: readonly string[], over?: EndpointOver): string;
  run(...argv: readonly string[]): Promise<CliResult>;
  close(): Promise<void>;
};

type EndpointOver = {
  readonly tags?: Readonly<Record<string, string>>;
  readonly type?: string;
  readonly resources?: readonly ResourceSpec[];
  readonly state?: string;
  readonly region?: string;
};

const token = 'kpat_sandbox';

export async function openEstate(controlPlanes: KonnectOptions['controlPlanes'] = [{ name: 'prod' }]): Promise<Estate> {
  const world = createWorld();
  const [aws, konnect] = await Promise.all([startAws(world), startKonnect({ controlPlanes, token })]);
  const folder = mkdtempSync(join(tmpdir(), 'kong-privatelink-'));
  const names = new Map<string, string>();
  const services = (place: string) => {
    const name = names.get(place) ?? world.createService({ account: '333333333333', region: place }).name;
    names.set(place, name);
    return name;
  };
  const file = join(folder, 'kong-privatelink.yaml');
  const env = { KONNECT_TOKEN: token };
  // The SDK reads the process's own environment, which Jest resets for each test file.
  Object.assign(process.env, keysOf(gatewayAccount), { AWS_MAX_ATTEMPTS: '1' });
  const estate: Estate = {
    world,
    aws,
    konnect,
    folder,
    env,
    configure: (text) => writeFileSync(file, text),
    addEndpoint: (domain, ips, { tags = {}, region: place = region, ...over } = {}) =>
      world.createEndpoint({
        account: gatewayAccount,
        region: place,
        serviceName: services(place),
        tags: { 'kong:domain': domain, ...tags },
        interfaces: ips.map((ip, index) => ({ ip, zoneId: zoneIdsOf(place)[index] ?? '' })),
        ...over,
      }).id,
    run: (...argv) => runCli([...argv, '-c', file], env),
    close: async () => {
      await Promise.all([aws.close(), konnect.close()]);
      rmSync(folder, { recursive: true });
    },
  };
  estate.configure(defaultConfig(estate));
  return estate;
}

/** The smallest configuration that works against the estate. */
export function defaultConfig({ aws, konnect }: Pick<Estate, 'aws' | 'konnect'>): string {
  return `owner: test
sources: [{ name: hub, type: vpc-endpoints, regions: [${region}], endpoint: "${aws.url}" }]
controlPlane: { type: konnect, address: "${konnect.url}", name: prod, token: "\${KONNECT_TOKEN}" }
`;
}

/** The same for several control planes, an entry each. */
export function stagedConfig({ aws }: Pick<Estate, 'aws'>, entries: readonly object[]): string {
  return `owner: test
sources: [{ name: hub, type: vpc-endpoints, regions: [${region}], endpoint: "${aws.url}" }]
controlPlanes: ${JSON.stringify(entries)}
`;
}

/** A control plane of the estate's Konnect as a stage of the same name. */
export function stageOf({ konnect }: Pick<Estate, 'konnect'>, name: string, over: object = {}): object {
  return { stage: name, type: 'konnect', address: konnect.url, name, token: `\${KONNECT_TOKEN}`, ...over };
}

/** The same for a worker, which listens on a free port. */
export function workerConfig(estate: Pick<Estate, 'aws' | 'konnect'>, intervalSeconds = 1): string {
  return `${defaultConfig(estate)}watch: { intervalSeconds: ${intervalSeconds}, listen: "127.0.0.1:0" }\n`;
}
