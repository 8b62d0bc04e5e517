import { messageOf, PrivatelinkError } from '#core/errors';
import { startAws } from './aws/server';
import { createWorld } from './aws/world/world';
import { controlPlaneName, type Files, openFiles, token } from './configuration';
import { prepareT0 } from './estates/t0-story';
import { startKonnect } from './konnect/konnect';
import { isTaken, openLoopback } from './network/loopback';
import { openAll } from './opened';

/** Where docker-compose.yml expects them; the gateway is Kong's own port. */
export const servedPorts = { aws: 9001, konnect: 9002, gateway: 8000 };

export type Served = Pick<Files, 'configPath' | 'env'> & {
  readonly awsUrl: string;
  readonly konnectUrl: string;
  /** Where SD1 reaches the gateway, with a path. */
  readonly door: string;
  readonly close: () => Promise<void>;
};

/**
 * Starts AWS, Konnect and the domains of estate T0 on loopback, for a gateway of your own on 127.0.0.1.
 * Throws PrivatelinkError when a port is taken.
 */
export async function serveSandbox(ports = servedPorts): Promise<Served> {
  try {
    return await openServed(ports);
  } catch (thrown) {
    throw isTaken(thrown) ? portTaken(thrown) : thrown;
  }
}

function openServed(ports: typeof servedPorts): Promise<Served> {
  return openAll(async (opened) => {
    const ground = { world: createWorld(), loopback: await openLoopback() };
    const { open, setting } = await prepareT0(ground);
    const aws = opened.add(await startAws(ground.world, { port: ports.aws }));
    const controlPlanes = [{ name: controlPlaneName }];
    const konnect = opened.add(await startKonnect({ controlPlanes, token, port: ports.konnect }));
    const { configPath, env } = opened.add(await openFiles(setting, { aws, konnect }));
    const { door } = opened.add(await open({ host: '127.0.0.1', port: ports.gateway }));
    return { awsUrl: aws.url, konnectUrl: konnect.url, door, configPath, env, close: opened.close };
  });
}

function portTaken(cause: unknown): PrivatelinkError {
  const fix = 'stop it with Ctrl-C where it was started, or stop what else listens on that port';
  const reason = `${messageOf(cause)}: most likely another sandbox --serve runs there`;
  return new PrivatelinkError(reason, { code: 'CONFIG_INVALID', fix, cause });
}
