import { mkdtemp, rmdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Agent, request } from 'undici';
import type { Config } from '#config/schema';
import { hasCode, messageOf } from '#core/errors';
import type { LastGood } from '#core/model';
import { isThere } from '#io/files';
import { type Diagnosis, failed, ok, warning } from '../control-planes/diagnosis';
import { absenceStoreOf, lastGoodStoreOf } from '../pass/session';
import { openPublications } from '../publish/open-publications';
import { readPublications } from '../publish/publish';
import { startWatchServer } from '../watch/server';
import type { Context } from './context';

/**
 * Checks that the state directory is writable, and the files of earlier processes are usable.
 */
export async function checkStateDir({ config, options, now }: Context): Promise<readonly Diagnosis[]> {
  const { stateDir } = config;
  try {
    await takesFolder(stateDir);
  } catch (thrown) {
    const fix =
      'make stateDir writable. Otherwise absent targets never leave, and a restart begins without last good answers';
    return [warning(`${stateDir} cannot be written (${messageOf(thrown)}): ${fix}`)];
  }
  const { known, warning: unusable } = await lastGoodStoreOf(config, { ...options, isReadOnly: true }).read();
  const { warnings = [] } = await absenceStoreOf(config, options).read();
  const told = [...(unusable ? [unusable] : []), ...warnings].map(warning);
  return told.length > 0 ? told : [ok(`${stateDir} is writable; last good: ${ageOf(known, now())}`)];
}

function ageOf(known: ReadonlyMap<string, LastGood>, nowMs: number): string {
  const observed = [...known.values()].map((one) => one.observedAtMs);
  if (observed.length === 0) return 'none yet';
  const minutes = Math.max(0, Math.round((nowMs - Math.min(...observed)) / 60_000));
  return `${minutes} min old, scopes: ${observed.length}`;
}

/**
 * Creates and removes a folder in the nearest existing folder. Permissions alone do not prove that
 * this works.
 */
async function takesFolder(folder: string): Promise<void> {
  if (await isThere(folder)) await rmdir(await mkdtemp(join(folder, '.doctor-')));
  else await takesFolder(dirname(folder));
}

/** Checks that `sync --watch` can listen on its address, or listens there already. */
export async function checkWatchAddress(
  { config: { watch } }: Context,
  signal: AbortSignal,
): Promise<readonly Diagnosis[]> {
  try {
    const server = await startWatchServer(watch, unready);
    await server.close();
    return [ok(`${watch.listen} is free`)];
  } catch (thrown) {
    if (!isTaken(thrown)) throw thrown;
    return [await askHealth(watch, signal)];
  }
}

const unready = {
  isAlive: () => false,
  isReady: () => false,
  details: () => '',
  metrics: () => '',
  snapshot: () => undefined,
};

function isTaken(thrown: unknown): boolean {
  return thrown instanceof Error && hasCode(thrown.cause, 'EADDRINUSE');
}

/** A worker answers at once. */
const healthTimeoutMs = 3_000;

/** Asks the unknown listener for its health. Sends no token, and accepts any certificate. */
async function askHealth({ listen, tls }: Config['watch'], signal: AbortSignal): Promise<Diagnosis> {
  const dispatcher = new Agent({ connect: { rejectUnauthorized: false } });
  try {
    const url = `${tls ? 'https' : 'http'}://${listen}/healthz`;
    const { statusCode, body } = await request(url, { dispatcher, signal, headersTimeout: healthTimeoutMs });
    await body.dump();
    if (statusCode === 200) return ok(`${listen} is in use by sync --watch`);
    if (statusCode === 503) return warning(`${listen}: sync --watch answers, but its passes hang; look at its log`);
  } catch {
    signal.throwIfAborted();
  } finally {
    await dispatcher.destroy();
  }
  return warning(`${listen} is taken by another program: choose a free address for watch.listen`);
}

/** Checks that each Cloud Map service of `publish` exists and can be read. */
export async function checkPublications({ config, aws }: Context, signal: AbortSignal): Promise<readonly Diagnosis[]> {
  const read = await readPublications(openPublications(config, aws), signal);
  return read.map(({ name, held, error }) => ({
    ...(error === undefined ? ok(`instances of this owner: ${held.length}`) : failed(error)),
    about: name,
  }));
}
