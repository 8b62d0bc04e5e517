import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { type ErrorCode, PrivatelinkError } from '#core/errors';
import { saveMemory } from '../memory';
import type { ResolverOptions } from '../options';
import type { ResolverSettings } from './settings';

/** The thread's message: the settings, or why they cannot be used. */
export type FromSettings =
  | { readonly settings: ResolverSettings }
  | { readonly failure: { readonly reason: string; readonly fix?: string; readonly code: ErrorCode } };

/**
 * Reads the settings in a thread that then ends, because reading takes more memory than answering.
 * Throws PrivatelinkError as `readSettings` does.
 */
export async function readSettingsInThread(options: ResolverOptions): Promise<ResolverSettings> {
  const { config, listen, suffix, zoneId, forward } = options;
  const workerData: ResolverOptions = { config, listen, suffix, zoneId, forward };
  const worker = new Worker(join(__dirname, 'thread.js'), { workerData });
  // V8 undoes part of this setting with each new thread.
  worker.once('online', saveMemory);
  const told = await new Promise<FromSettings>((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
    worker.once('exit', () => reject(new Error('the thread that reads the configuration ended')));
  });
  if ('settings' in told) return told.settings;
  const { reason, ...details } = told.failure;
  throw new PrivatelinkError(reason, { fix: undefined, ...details });
}
