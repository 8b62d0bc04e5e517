import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { type ErrorCode, PrivatelinkError } from '#core/errors';
import { saveMemory } from '../memory';
import type { ResolverOptions } from '../options';
import type { ResolverSettings } from './settings';

/** What the thread gives: what it read, or why that cannot be used. */
export type FromSettings =
  | { readonly settings: ResolverSettings }
  | { readonly failure: { readonly reason: string; readonly fix?: string; readonly code: ErrorCode } };

/**
 * Reads what the resolver does in a thread that ends then: what reads a configuration takes more memory than what answers. Throws
 * PrivatelinkError as `readSettings` does.
 */
export async function readSettingsInThread(options: ResolverOptions): Promise<ResolverSettings> {
  const { config, listen, suffix, zoneId, forward } = options;
  const workerData: ResolverOptions = { config, listen, suffix, zoneId, forward };
  const worker = new Worker(join(__dirname, 'thread.js'), { workerData });
  // V8 takes back a part of it with each thread that starts.
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
