import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type AwsServer, startAws } from '../aws/server';
import { createWorld } from '../aws/world/world';
import { configurationText, type Files, openFiles, token } from '../configuration';
import { createRoles } from '../estates/estate';
import { accounts, openT0, type T0 } from '../estates/t0';
import { askSd2, path, settingT0 } from '../estates/t0-story';
import { type Gateway, startGateway } from '../gateway/gateway';
import { createPluginRunner, type PluginRunner } from '../gateway/plugin-runner';
import type { Hop } from '../gateway/proxy/proxy';
import { type Konnect, startKonnect } from '../konnect/konnect';
import { openLoopback } from '../network/loopback';
import { openAll } from '../opened';
import { startPluginServer } from '../plugin-server/server';
import { type Ended, endCli, entriesDir, type Run } from '../run-cli';
import { type Edition, pluginsOfSd2 } from './editions';
import { createTraffic, type Traffic } from './traffic';

/** One of several control planes, with a data plane of its own. */
export type Lane = {
  readonly name: string;
  readonly gateway: Gateway;
  /** The address for requests to SD2. */
  readonly door: string;
  /** The last hop of people's requests to SD2. */
  readonly lastHop: () => Hop | undefined;
};

/** Estate T0 behind several gateways, each under a control plane of its own. */
export type Fleet = Pick<Files, 'configPath' | 'env'> & {
  readonly lanes: readonly Lane[];
  readonly konnect: Konnect;
  readonly t0: T0;
  readonly traffic: Traffic;
  /** Writes the configuration, as a person saves it. */
  edit(edition: Edition): Promise<void>;
  /** Runs a verb as a user does, with `--json`. */
  run(argv: readonly string[]): Promise<Ended>;
  close(): Promise<void>;
};

const names = ['canary', 'blue', 'green'];

/** Starts everything; the control planes are still empty. */
export function openFleet(signal: AbortSignal): Promise<Fleet> {
  return openAll(async (opened) => {
    const ground = { world: createWorld(), loopback: await openLoopback() };
    createRoles(ground.world, accounts);
    const aws = opened.add(await startAws(ground.world));
    const konnect = opened.add(await startKonnect({ controlPlanes: names.map((name) => ({ name })), token }));
    const lanes: Lane[] = [];
    const write = (edition: Edition) => textOf(edition, { aws, konnect, lanes });
    const files = opened.add(await openFiles(settingT0, { aws }, write('first')));
    const { configPath } = files;
    const runner = createPluginRunner(opened.add(await startPlugin(files)));
    for (const name of names) {
      const lane = await openLane(name, { konnect, runner });
      opened.add(lane.gateway);
      lanes.push(lane);
    }
    // SD2 and SD1 reach the first gateway: it gets every revision before the others.
    const t0 = opened.add(await openT0({ ...ground, gateway: lanes[0]?.gateway ?? noGateway() }));
    const edit = (edition: Edition) => replaceFile(configPath, write(edition));
    await edit('first');
    const own: Run = { env: { ...files.env, HOME: files.folder }, signal };
    const traffic = opened.add(createTraffic(names, (name) => askThrough(lanes, name)));
    const run = (argv: readonly string[]) => endCli([...argv, '-c', configPath, '--json'], own);
    return { configPath, env: files.env, lanes, konnect, t0, traffic, edit, run, close: opened.close };
  });
}

type Written = { readonly aws: AwsServer; readonly konnect: Konnect; readonly lanes: readonly Lane[] };

/**
 * Short times, and many requests: nobody waits for a demonstration. The configuration before the
 * first rollout reaches all stages at once.
 */
function textOf(edition: Edition, { aws, konnect, lanes }: Written): string {
  const requests = lanes.map(({ name: stage, door: url }) => ({
    ...{ stage, url },
    ...{ perSecond: 10, timeoutSeconds: 60 },
  }));
  const controlPlanes = names.map((stage) => ({
    ...{ stage, type: 'konnect', address: konnect.url, name: stage },
    token: `\${KONNECT_TOKEN}`,
  }));
  const rollout = {
    ...{ order: names, settleSeconds: 60, bakeSeconds: 1 },
    gates: { dataPlanes: 'required', requests },
  };
  const plugins = { sd2: pluginsOfSd2[edition] };
  return configurationText(settingT0, {
    awsUrl: aws.url,
    plugins,
    more: { controlPlanes, ...(edition !== 'first' && { rollout }) },
  });
}

function startPlugin({ folder, configPath, credentialsPath }: Files) {
  const env = {
    AWS_SHARED_CREDENTIALS_FILE: credentialsPath,
    KONG_PRIVATELINK_CONFIG: configPath,
    KONG_PRIVATELINK_ZONE_ID: settingT0.zoneId,
  };
  return startPluginServer({ entriesDir, socketPath: join(folder, 'js.sock'), env, cwd: folder });
}

type Under = { readonly konnect: Konnect; readonly runner: PluginRunner };

async function openLane(name: string, { konnect, runner }: Under): Promise<Lane> {
  let last: Hop | undefined;
  const gateway = await startGateway({
    controlPlane: { address: konnect.url, name, token },
    zoneId: settingT0.zoneId,
    runner,
    reportNode: (node) => konnect.reportNode(name, { ...node, hostname: `gateway-${name}` }),
    onHop: (hop) => {
      if (hop.requestId === name && hop.service === 'sd2') last = hop;
    },
  });
  return { name, gateway, door: gateway.url + path, lastHop: () => last };
}

async function askThrough(lanes: readonly Lane[], name: string): Promise<void> {
  const { host, port } = lanes.find((lane) => lane.name === name)?.gateway ?? noGateway();
  await askSd2(`${host}:${port}`, name);
}

function noGateway(): never {
  throw new Error('no gateway runs');
}

/** Writes and renames, so that nobody reads half of the file. */
async function replaceFile(file: string, text: string): Promise<void> {
  await writeFile(`${file}.new`, text, { mode: 0o600 });
  await rename(`${file}.new`, file);
}
