import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, chownSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { listenTogether } from '#sandbox/network/loopback';
import { until } from '../until';

const run = promisify(execFile);

export type Postgres = {
  /** What a Kong is told so that it keeps its configuration there. */
  readonly variables: Readonly<Record<string, string>>;
  readonly close: () => Promise<void>;
};

/** Where Debian puts what `postgresql` brings, which is not in PATH. */
const debianFolder = '/usr/lib/postgresql';
/** PostgreSQL does not run as root; this user has no rights anywhere. */
const nobody = 65_534;

/** The folder of PostgreSQL's programs; undefined where there is none. */
export function findPostgres(): string | undefined {
  const ofDebian = listed(debianFolder).map((version) => join(debianFolder, version, 'bin'));
  return [...(process.env.PATH?.split(':') ?? []), ...ofDebian].find(
    (folder) => isThere(join(folder, 'initdb')) && isThere(join(folder, 'postgres')),
  );
}

function listed(folder: string): readonly string[] {
  return isThere(folder) ? readdirSync(folder) : [];
}

function isThere(path: string): boolean {
  try {
    accessSync(path);
    return true;
  } catch {
    return false;
  }
}

/**
 * Starts a database on loopback, open to every local user. `kong` (an executable) creates its
 * tables.
 */
export async function startPostgres(programs: string, kong: string): Promise<Postgres> {
  const folder = mkdtempSync(join(tmpdir(), 'kong-postgres-'));
  const user = process.getuid?.() === 0 ? { uid: nobody, gid: nobody } : {};
  if (user.uid !== undefined) chownSync(folder, user.uid, user.gid);
  const data = join(folder, 'data');
  const own = { ...user, cwd: folder };
  await run(join(programs, 'initdb'), ['-D', data, '-U', 'kong', '-A', 'trust', '-N'], own);
  const { port, close: free } = await listenTogether(['127.0.0.1'], () => createServer());
  await free();
  const flags = ['-D', data, '-h', '127.0.0.1', '-p', String(port), '-k', '', '-F'];
  const child = spawn(join(programs, 'postgres'), flags, { ...own, stdio: 'ignore' });
  const kill = () => child.kill('SIGQUIT');
  process.once('exit', kill);
  const close = async () => {
    process.off('exit', kill);
    const ended = once(child, 'exit');
    if (kill()) await ended;
    rmSync(folder, { recursive: true });
  };
  const variables = {
    ...{ KONG_DATABASE: 'postgres', KONG_PG_HOST: '127.0.0.1', KONG_PG_PORT: String(port) },
    ...{ KONG_PG_USER: 'kong', KONG_PG_DATABASE: 'postgres' },
  };
  const env = { PATH: process.env.PATH, ...variables, KONG_PREFIX: mkdtempSync(join(tmpdir(), 'kong-migrations-')) };
  try {
    await until('the database has the tables of Kong', async () => {
      await run(kong, ['migrations', 'bootstrap'], { env });
      return true;
    });
    return { variables, close };
  } catch (thrown) {
    await close();
    throw thrown;
  } finally {
    rmSync(env.KONG_PREFIX, { recursive: true });
  }
}
