import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { request } from 'undici';
import { listenTogether } from '#sandbox/network/loopback';
import { until } from '../until';

/**
 * The scraped addresses (`host:port`), by the stage that labels their series. They are read each
 * second.
 */
export type Scraped = Readonly<Record<string, string>>;

/** Answers `/api/v1/query`. */
export type Prometheus = { readonly url: string; readonly close: () => Promise<void> };

const program = process.env.PROMETHEUS ?? 'prometheus';

/** Undefined: it is there. */
export const lackingPrometheus =
  spawnSync(program, ['--version']).status === 0
    ? undefined
    : 'prometheus is not installed. To run it: apt-get install prometheus (or put it on PATH, or set PROMETHEUS to it)';

/** A real Prometheus on loopback that keeps its files in the folder; ready once this resolves. */
export async function startPrometheus(folder: string, scraped: Scraped = {}): Promise<Prometheus> {
  const port = await freePort();
  const config = join(folder, 'prometheus.yaml');
  // JSON is YAML.
  writeFileSync(config, JSON.stringify({ scrape_configs: [jobOf(scraped)] }));
  const argv = [
    `--config.file=${config}`,
    `--storage.tsdb.path=${join(folder, 'prometheus')}`,
    `--web.listen-address=127.0.0.1:${port}`,
  ];
  const child = spawn(program, argv, { stdio: 'ignore' });
  const ended = once(child, 'exit');
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  const url = `http://127.0.0.1:${port}`;
  const close = async () => {
    process.off('exit', kill);
    kill();
    await ended;
  };
  await until('Prometheus is ready', async () => {
    const { statusCode, body } = await request(`${url}/-/ready`);
    await body.dump();
    return statusCode === 200;
  });
  return { url, close };
}

async function freePort(): Promise<number> {
  const { port, close } = await listenTogether(['127.0.0.1'], () => createServer());
  await close();
  return port;
}

function jobOf(scraped: Scraped) {
  const targets = Object.entries(scraped).map(([stage, address]) => ({ targets: [address], labels: { stage } }));
  return { job_name: 'kong', scrape_interval: '1s', scrape_timeout: '1s', static_configs: targets };
}
