import { type ChildProcess, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { renameSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join, resolve } from 'node:path';
import type { Endpoint } from '#core/model';
import { serialiseSnapshot } from '#discovery/snapshot/file';
import { until } from '../until';
import { queryOf, readAnswer } from './dns';

/** Compiled: `npm test` builds it first. */
const ownProgram = [resolve(__dirname, '../../../dist/resolver/main.js')];
const verb = [resolve(__dirname, '../../../dist/sync/cli/cli.js'), 'resolver'];

const scope = { id: 'hub.self.us-east-1', source: 'hub', account: 'self', region: 'us-east-1' };

/** Writes what another process discovered, all at once. */
export function writeSnapshot(file: string, endpoints: readonly Endpoint[], observedAtMs = Date.now()): void {
  const state = { status: 'known', scope, observedAtMs, discovered: { endpoints, quarantined: [] } } as const;
  writeFileSync(`${file}.new`, serialiseSnapshot({ takenAtMs: observedAtMs, scopes: [state] }, 'test'));
  renameSync(`${file}.new`, file);
}

/** Writes a configuration that reads `snapshot.json` beside it every second; gives its path. */
export function writeConfig(folder: string, resolver: object = {}, more: object = {}): string {
  const file = join(folder, 'kong-privatelink.yaml');
  const config = {
    owner: 'test',
    sources: [{ name: 'hub', type: 'snapshot', file: 'snapshot.json' }],
    watch: { intervalSeconds: 1 },
    resolver: { listen: '127.0.0.1:0', forward: [], probe: { type: 'none' }, ...resolver },
    ...more,
  };
  writeFileSync(file, JSON.stringify(config));
  return file;
}

export type ResolverProcess = {
  readonly child: ChildProcess;
  /** Resolves with the exit code, and what was said. */
  readonly ended: Promise<{ readonly code: number | null; readonly out: string; readonly err: string }>;
  /** Waits until the log has these words. */
  readonly says: (words: string) => Promise<void>;
};

export type ResolverStart = {
  /** As the verb of the command line, in place of the program of its own. */
  readonly isVerb?: boolean;
  readonly env?: NodeJS.ProcessEnv;
};

/** Starts the program with these arguments; kill it with the test. */
export function spawnResolver(args: readonly string[], { isVerb, env = {} }: ResolverStart = {}): ResolverProcess {
  const argv = [...(isVerb ? verb : ownProgram), ...args];
  const own = { PATH: process.env.PATH, AWS_EC2_METADATA_DISABLED: 'true', ...env };
  const child = spawn(process.execPath, argv, { env: own, stdio: ['ignore', 'pipe', 'pipe'] });
  let [out, err] = ['', ''];
  child.stdout.on('data', (chunk) => {
    out += chunk;
  });
  child.stderr.on('data', (chunk) => {
    err += chunk;
  });
  let hasEnded = false;
  const ended = once(child, 'close').then(([code]) => {
    hasEnded = true;
    return { code, out, err };
  });
  const says = async (words: string) => {
    await until(`the resolver says ${words}`, () => `${out}${err}`.includes(words) || hasEnded);
    if (!`${out}${err}`.includes(words)) throw new Error(`it ended without ${words}: ${out}${err}`);
  };
  return { child, ended, says };
}

/** The line that `--json` prints. */
export async function listeningAt(
  resolver: ResolverProcess,
): Promise<{ readonly address: string; readonly port: number }> {
  let line = '';
  resolver.child.stdout?.on('data', (chunk) => {
    line += chunk;
  });
  const failed = resolver.ended.then(({ err }) => {
    throw new Error(`it did not begin to listen: ${err}`);
  });
  await Promise.race([until('the resolver says where it listens', () => line.includes('\n')), failed]);
  const { address } = JSON.parse(line);
  return { address, port: Number(address.slice(address.lastIndexOf(':') + 1)) };
}

/**
 * Sends a message over UDP and returns the first answer; undefined when none comes in `timeoutMs`.
 */
export async function sendUdp(
  port: number,
  message: Buffer,
  timeoutMs = 30_000,
  host = '127.0.0.1',
): Promise<Buffer | undefined> {
  const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
  try {
    socket.on('error', () => {});
    socket.send(message, port, host);
    const signal = AbortSignal.timeout(timeoutMs);
    const [answer] = await once(socket, 'message', { signal }).catch(() => []);
    return answer;
  } finally {
    socket.close();
  }
}

/** Sends these bytes by TCP as they are, ends, and gives all that comes back. */
export async function sendTcp(port: number, bytes: Buffer): Promise<Buffer> {
  const socket = connect(port, '127.0.0.1');
  const chunks: Buffer[] = [];
  socket.on('error', () => {});
  socket.on('data', (chunk) => void chunks.push(chunk));
  socket.end(bytes);
  await once(socket, 'close');
  return Buffer.concat(chunks);
}

/** Asks, and gives the answer as dns-packet reads it. */
export async function ask(port: number, ...question: Parameters<typeof queryOf>) {
  const answer = await sendUdp(port, queryOf(...question));
  if (!answer) throw new Error(`no answer to ${question.join(' ')}`);
  return readAnswer(answer);
}

/** The target of an SRV record. */
export function targetOf({ data }: { readonly data?: unknown }): string {
  return (data as { readonly target: string }).target;
}

/** The addresses that a domain's SRV records name, in order; or the result where there are none. */
export async function targetsAt(port: number, domain = 'sd2'): Promise<string> {
  const { rcode, answers } = await ask(port, `_http._tcp.${domain}.privatelink.internal`, 'SRV');
  const targets = answers.map(targetOf);
  return targets.length > 0 ? targets.sort().join(' ') : rcode;
}
