import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

export type ResolverProcess = { readonly pid: number; readonly close: () => Promise<void> };

export type ResolverProcessOptions = {
  readonly configPath: string;
  readonly zoneId: string;
  readonly env?: Readonly<Record<string, string>>;
};

const program = join(__dirname, '../../resolver/main.js');

/** Starts the resolver and waits until it listens. Throws when it ends before that. */
export async function startResolver({ configPath, zoneId, env }: ResolverProcessOptions): Promise<ResolverProcess> {
  const child = spawn(process.execPath, [program, '-c', configPath, '--zone-id', zoneId, '--json'], {
    env: { PATH: process.env.PATH, AWS_EC2_METADATA_DISABLED: 'true', ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  const first = await Promise.race([once(child.stdout, 'data'), ended]);
  if (!Buffer.isBuffer(first[0])) throw new Error('the resolver ended before it listened');
  const close = async () => {
    child.kill('SIGKILL');
    await ended;
  };
  return { pid: child.pid ?? 0, close };
}
