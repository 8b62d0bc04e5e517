import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { JsonObject } from '#core/model';
import { type AwsServer, startAws } from '#sandbox/aws/server';
import { type AwsWorld, createWorld } from '#sandbox/aws/world/world';
import { type ConfigurationOptions, configurationText, credentialsText } from '#sandbox/configuration';
import type { GatewayAddress, Ground, Prepare } from '#sandbox/estates/estate';
import { openLoopback } from '#sandbox/network/loopback';
import type { PluginServerProgram } from '#sandbox/plugin-server/server';
import { keysOf } from '../aws/keys';
import { runCli } from '../cli';
import { postConfig } from './post-config';
import { freePort, freePorts, type RealKong, startRealKong } from './real-kong';

/** An estate whose gateway is a real Kong, without a database, that `sync` keeps. */
export type KongEstate<T> = {
  readonly estate: T;
  readonly world: AwsWorld;
  readonly aws: AwsServer;
  readonly kong: RealKong;
  /** Of Kong's Admin API. */
  readonly admin: string;
  /**
   * Runs `sync`. The plugin entities get the mode, and zones get upstreams with an affinity. Throws
   * when it does not end with 0.
   */
  synchronise(mode: ConfigurationOptions['mode'], affinity?: ConfigurationOptions['affinity']): Promise<void>;
  close(): Promise<void>;
};

export type KongEstateOptions<T> = {
  readonly program: PluginServerProgram;
  readonly prepare: Prepare;
  readonly open: (ground: Ground, gateway: GatewayAddress) => Promise<T>;
  /** What people keep beside the generated entities. */
  readonly consumers?: readonly JsonObject[];
  /** File descriptors that the plugin server may have. */
  readonly descriptors?: number;
};

/**
 * Starts AWS, Kong with the plugin under `program`, and the estate behind it; synchronised once, in
 * target mode.
 */
export async function openKongEstate<T extends { close(): Promise<void> }>(
  options: KongEstateOptions<T>,
): Promise<KongEstate<T>> {
  const ground = { world: createWorld(), loopback: await openLoopback() };
  const { setting } = await options.prepare(ground);
  const folder = mkdtempSync(join(tmpdir(), 'kong-privatelink-'));
  const [configPath, credentialsPath] = [join(folder, 'kong-privatelink.yaml'), join(folder, 'credentials')];
  const aws = await startAws(ground.world);
  const ports = { ...(await freePorts()), proxied: await freePort() };
  const admin = `http://127.0.0.1:${ports.admin}`;
  const configure = (wanted: Pick<ConfigurationOptions, 'mode' | 'affinity'>) => {
    const controlPlane = `{ type: dbless, address: "${admin}" }`;
    writeFileSync(configPath, configurationText(setting, { awsUrl: aws.url, controlPlane, ...wanted }), {
      mode: 0o600,
    });
  };
  configure({});
  writeFileSync(credentialsPath, credentialsText(setting.accounts), { mode: 0o600 });
  const { program, open, consumers = [], descriptors } = options;
  const files = { folder, configPath, credentialsPath };
  const kong = await startRealKong({ program, ...files, zoneId: setting.zoneId, ports, descriptors });
  const opened: (() => Promise<unknown>)[] = [kong.close, aws.close];
  const close = async () => {
    for (const one of opened) await one();
    rmSync(folder, { recursive: true });
  };
  const synchronise: KongEstate<T>['synchronise'] = async (mode, affinity) => {
    configure({ mode, affinity });
    await sync(configPath, setting.accounts.gateway);
  };
  try {
    await postConfig(admin, { _format_version: '3.0', consumers });
    const estate = await open(ground, kong);
    opened.push(() => estate.close());
    await synchronise('target');
    return { estate, world: ground.world, aws, kong, admin, synchronise, close };
  } catch (thrown) {
    // What a test started, and cannot be handed, nobody else would stop.
    await close();
    throw thrown;
  }
}

async function sync(configPath: string, account: string): Promise<void> {
  // The SDK reads the process's own environment, which Jest resets for each test file.
  Object.assign(process.env, keysOf(account));
  const { exitCode, out, err } = await runCli(['sync', '-c', configPath]);
  if (exitCode !== 0) throw new Error(`sync ended with ${exitCode}: ${out}${err}`);
}
