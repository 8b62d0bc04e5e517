import { hasCode, messageOf, PrivatelinkError } from '#core/errors';
import { startAws } from './aws/server';
import { createWorld } from './aws/world/world';
import { type Accounts, controlPlaneName, type Files, openFiles, textOfOne, token } from './configuration';
import type { Experiment, Prepare } from './estates/estate';
import { startKonnect } from './konnect/konnect';
import { isTaken, openLoopback } from './network/loopback';
import { openAll } from './opened';

/** The ports that docker-compose.yml expects; the gateway's is Kong's own. */
export const servedPorts = { aws: 9001, konnect: 9002, gateway: 8000 };

export type Served = Pick<Files, 'configPath' | 'env'> & {
  readonly title: string;
  /** The accounts of the credentials file, by profile; the gateway's is the default. */
  readonly accounts: Accounts;
  readonly awsUrl: string;
  readonly konnectUrl: string;
  /** The consumer's address of the gateway, with a path. */
  readonly door: string;
  readonly experiment: Experiment;
  readonly close: () => Promise<void>;
};

export type ServeOptions = {
  readonly prepare: Prepare;
  readonly ports?: typeof servedPorts;
  /** The clock of AWS; the system's by default. */
  readonly now?: () => number;
};

/**
 * Starts AWS, Konnect and the domains of an estate on loopback, for a gateway of your own on
 * 127.0.0.1. Throws PrivatelinkError when a port is taken.
 */
export async function serveSandbox(options: ServeOptions): Promise<Served> {
  try {
    return await openServed(options);
  } catch (thrown) {
    if (isTaken(thrown)) throw portRefused(thrown, 'most likely another sandbox --serve runs there', stopOther);
    if (hasCode(thrown, 'EACCES')) throw portRefused(thrown, 'the system keeps that port from you', higherPort);
    throw thrown;
  }
}

const stopOther =
  'stop it with Ctrl-C where it was started, stop what else listens on that port, or choose another with --port';
const higherPort = 'choose another with --port, 1024 or higher';

function openServed({ prepare, ports = servedPorts, now = Date.now }: ServeOptions): Promise<Served> {
  return openAll(async (opened) => {
    const { world, settle } = createSlowWorld(now);
    const { title, open, setting: shown, close } = await prepare({ world, loopback: await openLoopback() });
    // The sandbox does not know whether the gateway has the plugin of callers. So the user adds the
    // contract.
    const { contracts: _contracts, ...setting } = shown;
    if (close) opened.add({ close });
    const aws = opened.add(await startAws(world, { port: ports.aws }));
    const controlPlanes = [{ name: controlPlaneName }];
    const konnect = opened.add(await startKonnect({ controlPlanes, token, port: ports.konnect }));
    const { configPath, env } = opened.add(await openFiles(setting, { aws }, textOfOne(setting, { aws, konnect })));
    const { door, experiment } = opened.add(await open({ host: '127.0.0.1', port: ports.gateway }));
    settle();
    const { accounts } = setting;
    const urls = { awsUrl: aws.url, konnectUrl: konnect.url };
    return { title, accounts, ...urls, door, configPath, env, experiment: experiment(), close: opened.close };
  });
}

/**
 * Endpoints are pending and deleting long enough to be seen, where AWS takes minutes. Instances are
 * registered at once, where AWS takes seconds.
 */
const transitionMs = 3_000;
const lasting = { transitionMs, registrationMs: 0, deletedListedMs: 60_000 };

/** Creates an AWS with slow endpoints. Endpoints from before `settle` are settled already. */
function createSlowWorld(now: () => number) {
  let behindMs = transitionMs;
  const world = createWorld({ ...lasting, now: () => now() - behindMs });
  const settle = () => {
    behindMs = 0;
  };
  return { world, settle };
}

function portRefused(cause: unknown, why: string, fix: string): PrivatelinkError {
  return new PrivatelinkError(`${messageOf(cause)}: ${why}`, { code: 'CONFIG_INVALID', fix, cause });
}
