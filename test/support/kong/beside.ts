import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { killScript, ownInstallation } from '#sandbox/kong-settings';
import { type Provider, startProvider } from '#sandbox/network/providers';
import {
  type PluginServer,
  type PluginServerProgram,
  startCommand,
  startPluginServer,
} from '#sandbox/plugin-server/server';
import { postConfig } from './post-config';
import { freePorts, type RealKong, startRealKong } from './real-kong';

/**
 * A Kong without a plugin server of its own, and one that the test runs beside it. With the plugin,
 * requests for `url` reach `picked`; without it, they reach `own`, in the service's own upstream.
 */
export type Beside = {
  readonly url: string;
  readonly kong: RealKong;
  /** Starts the plugin server; it must not run. */
  readonly start: () => Promise<PluginServer>;
  /** Kills only the serving process. */
  readonly killServing: () => Promise<void>;
  /** Kills all processes of the plugin server at once, as the end of a container does. */
  readonly kill: () => void;
  /**
   * Posts Kong's configuration, with this weight for the one target of the service's own upstream.
   */
  readonly configure: (weight: number) => Promise<void>;
  readonly close: () => Promise<void>;
};

/** Starts Kong and gives it its configuration; the plugin server has never run. */
export async function openBeside(program: PluginServerProgram): Promise<Beside> {
  const folder = mkdtempSync(join(tmpdir(), 'kong-privatelink-'));
  const [own, picked] = await Promise.all([startNamed('own'), startNamed('picked')]);
  const [configPath, credentialsPath] = [join(folder, 'kong-privatelink.yaml'), join(folder, 'credentials')];
  writeFileSync(configPath, configurationOf(picked.port));
  writeFileSync(credentialsPath, '');
  const sidecar = { socketPath: join(folder, 'beside.sock'), dumpPath: join(folder, 'plugins.json') };
  const options = {
    ...{ program, socketPath: sidecar.socketPath, cwd: folder },
    entriesDir: join(ownInstallation.root, 'dist/plugin/entries'),
    env: { KONG_PRIVATELINK_CONFIG: configPath, KONG_PRIVATELINK_ZONE_ID: 'use1-az1' },
  };
  const [command = '', ...argv] = [...startCommand(options), '--dump-all-plugins'];
  writeFileSync(sidecar.dumpPath, execFileSync(command, argv, { cwd: folder, env: {} }));
  const ports = await freePorts();
  const kong = await startRealKong({
    ...{ program, folder, configPath, credentialsPath, zoneId: 'use1-az1', ports, sidecar },
  });
  const configure = (weight: number) => postConfig(`http://127.0.0.1:${ports.admin}`, entitiesOf(own.port, weight));
  const servers: PluginServer[] = [];
  await configure(100);
  return {
    ...{ url: `http://${kong.host}:${kong.port}/sd2`, kong, configure },
    start: async () => {
      const server = await startPluginServer(options);
      servers.push(server);
      return server;
    },
    killServing: () => promisify(execFile)('sh', ['-c', killScript(program, folder)]).then(() => {}),
    kill: () => {
      // As --kong-prefix.
      for (const pid of pidsWith(folder)) process.kill(pid, 'SIGKILL');
    },
    close: async () => {
      await kong.close();
      await Promise.all([own, picked, ...servers].map((one) => one.close()));
      rmSync(folder, { recursive: true });
    },
  };
}

function startNamed(name: string): Promise<Provider> {
  return startProvider({ addresses: ['127.0.0.1'], handle: async () => ({ body: name }) });
}

function configurationOf(port: number): string {
  return `owner: test
sources:
  - name: fixed
    type: static
    region: us-east-1
    allow: { addresses: ["127.0.0.0/8"] }
    endpoints: [{ domain: sd2, port: ${port}, addresses: ["127.0.0.1"] }]
`;
}

function entitiesOf(port: number, weight: number) {
  const plugin = { name: 'privatelink', config: { domain: 'sd2', mode: 'target' } };
  return {
    _format_version: '3.0',
    upstreams: [{ name: 'own', targets: [{ target: `127.0.0.1:${port}`, weight }] }],
    services: [{ name: 'sd2', host: 'own', routes: [{ name: 'sd2', paths: ['/sd2'] }], plugins: [plugin] }],
  };
}

/** Processes with this word in their command. */
function pidsWith(word: string): readonly number[] {
  const hasIt = (pid: number) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').includes(word);
    } catch {
      return false;
    }
  };
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 0 && hasIt(pid));
}
