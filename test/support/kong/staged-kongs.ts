import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { JsonObject } from '#core/model';
import { startProvider } from '#sandbox/network/providers';
import { type Estate, openEstate, region } from '../estate';
import { runServed } from '../sandbox';
import { startWorkerProcess, type WorkerProcess } from '../watch/process';
import type { Prometheus } from '../watch/prometheus';
import { errorsOf, openErrors } from './errors-of-kong';
import { type Load, startLoad } from './load';
import { startPlainKong } from './plain-kong';
import { freePorts, type RealKong } from './real-kong';

export type StagedKong = {
  readonly name: string;
  readonly kong: RealKong;
  /** Address of its Admin API. */
  readonly admin: string;
  /** Address of its Status API. */
  readonly status: string;
  readonly load: Load;
  /** When its configuration was last written, in whole seconds, by its own log. */
  readonly writtenAt: () => Promise<number>;
};

/** How long trials take: gates that cannot tell get ten minutes. */
export const short = { settleSeconds: 600, bakeSeconds: 3 };
/** They end by a gate, or with the process. */
export const endless = { ...short, bakeSeconds: 86_400 };

export type Revision = {
  readonly times: typeof short;
  /** Its answers are marked with it. */
  readonly revision: string;
  readonly plugins?: readonly JsonObject[];
  /** Of the gates beside that of data planes; default: both. */
  readonly gates?: readonly ('requests' | 'metrics')[];
};

export type StagedKongs = {
  readonly stages: readonly StagedKong[];
  readonly prometheus: Prometheus;
  readonly configure: (revision: Revision) => void;
  /** Runs `sync` as a process to its end; gives how that was, and what it printed as JSON. */
  readonly sync: () => Promise<{ readonly exitCode: number; readonly report: unknown }>;
  /** Starts `sync --watch` as a process. */
  readonly watch: () => WorkerProcess;
  /** Replaces the one endpoint by one with these addresses, which its provider has too. */
  readonly recreateAt: (addresses: readonly string[]) => void;
  readonly close: () => Promise<void>;
};

/**
 * Real Kongs without a database in front of one endpoint, and a reader of their metrics. The
 * provider answers at all addresses; the endpoint has the first ones.
 */
export async function openStagedKongs(
  names: readonly string[],
  [first = [], ...others]: readonly (readonly string[])[],
): Promise<StagedKongs> {
  const opened: (() => Promise<unknown>)[] = [];
  const close = async () => {
    for (const one of opened.reverse()) await one();
  };
  try {
    const estate = await openEstate([]);
    opened.push(estate.close);
    const handle = async ({ address }: { readonly address: string }) => ({ body: { address } });
    const provider = await startProvider({ addresses: [first, ...others].flat(), handle });
    opened.push(provider.close);
    let endpointId = estate.addEndpoint('sd2', first, { tags: { 'kong:port': String(provider.port) } });
    const stages: StagedKong[] = [];
    for (const name of names) {
      stages.push(await startStage(name, estate.folder));
      opened.push(...stages.slice(-1).flatMap(({ kong, load }) => [kong.close, load.close]));
    }
    const scraped = Object.fromEntries(stages.map(({ name, status }) => [name, new URL(status).host]));
    const prometheus = await openErrors(estate.folder, scraped);
    opened.push(prometheus.close);
    return {
      ...{ stages, prometheus, close },
      configure: (revision) => estate.configure(configurationOf(revision, { estate, stages, prometheus })),
      sync: () => runServed({ configPath: join(estate.folder, 'kong-privatelink.yaml'), env: envOf() }, 'sync'),
      watch: () => {
        const worker = startWorkerProcess(estate);
        opened.push(worker.close);
        return worker;
      },
      recreateAt: (addresses) => {
        const interfaces = addresses.map((ip, index) => ({ ip, zoneId: `use1-az${index + 1}` }));
        endpointId = estate.world.recreateEndpoint(endpointId, { interfaces }).id;
      },
    };
  } catch (thrown) {
    // What a test started, and cannot be handed, nobody else would stop.
    await close();
    throw thrown;
  }
}

async function startStage(name: string, folder: string): Promise<StagedKong> {
  const [ports, { proxy: statusPort }] = [await freePorts(), await freePorts()];
  const variables = { KONG_STATUS_LISTEN: `127.0.0.1:${statusPort}` };
  const kong = await startPlainKong(join(folder, name), { ports, variables });
  const load = startLoad(`http://${kong.host}:${kong.port}/sd2/x`);
  const [admin, status] = [`http://127.0.0.1:${ports.admin}`, `http://127.0.0.1:${statusPort}`];
  return { name, kong, load, admin, status, writtenAt: () => lastWrite(join(folder, name)) };
}

async function lastWrite(folder: string): Promise<number> {
  const lines = await readFile(join(folder, 'kong/logs/admin_access.log'), 'utf8');
  const [day = '', time = ''] = [...lines.matchAll(/\[(.*?):(.*?)\] "POST \/config/g)].at(-1)?.slice(1) ?? [];
  return Date.parse(`${day.replaceAll('/', ' ')} ${time}`) / 1_000;
}

type Ground = Pick<StagedKongs, 'stages' | 'prometheus'> & { readonly estate: Estate };

function configurationOf(revision: Revision, { estate, stages, prometheus }: Ground): string {
  const { times, revision: mark, plugins = [], gates = ['requests', 'metrics'] } = revision;
  const query = { type: 'prometheus', address: prometheus.url, query: errorsOf('{stage}') };
  const all = {
    requests: stages.map(({ name, kong }) => ({
      ...{ stage: name, url: `http://${kong.host}:${kong.port}/sd2/gate`, perSecond: 10, timeoutSeconds: 60 },
    })),
    metrics: [{ name: 'errors', ...query, atMost: 0.01, everySeconds: 1 }],
  };
  const marking = { name: 'response-transformer', config: { add: { headers: [`x-revision:${mark}`] } } };
  const counting = { name: 'prometheus', config: { status_code_metrics: true } };
  const hub = { name: 'hub', type: 'vpc-endpoints', regions: [region], endpoint: estate.aws.url };
  // JSON is YAML.
  return JSON.stringify({
    owner: 'test',
    sources: [{ ...hub, allow: { addresses: ['127.0.0.0/8'] } }],
    controlPlanes: stages.map(({ name, admin }) => ({ stage: name, type: 'dbless', address: admin })),
    domains: { sd2: { plugins: [counting, marking, ...plugins] } },
    watch: { intervalSeconds: 1, listen: '127.0.0.1:0' },
    rollout: {
      ...times,
      gates: {
        dataPlanes: 'required',
        status: stages.map(({ name, status }) => ({ stage: name, url: `${status}/status` })),
        ...Object.fromEntries(gates.map((one) => [one, all[one]])),
      },
    },
  });
}

/** With the keys that the estate put there. */
function envOf(): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(process.env).flatMap(([name, value = '']) => [[name, value]]));
}
