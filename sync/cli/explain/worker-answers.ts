import { z } from 'zod';
import { misfitOf, PrivatelinkError } from '#core/errors';
import type { Explanation } from '../../explain/answer';
import type { WorkerQuestion } from '../../explain/asked';
import { askWorker, type WorkerAddress } from '../../explain/worker';
import { explained } from '../shapes/explain';

const told = z.object({ answers: z.array(explained).min(1) });

/**
 * Asks a worker and returns an answer for each of its control planes, or for one stage. Throws
 * PrivatelinkError.
 */
export async function answersOfWorker(
  asked: WorkerQuestion,
  worker: WorkerAddress,
  signal: AbortSignal,
): Promise<readonly Explanation[]> {
  const parsed = told.safeParse(await askWorker(asked, worker, signal));
  // The schema mirrors the type of this version.
  if (parsed.success) return parsed.data.answers as readonly Explanation[];
  const reason = `the worker at ${worker.url} answers in another form than this version (${misfitOf(parsed.error, 'body')})`;
  throw new PrivatelinkError(reason, { code: 'BAD_ANSWER', fix: 'use the version of the worker' });
}
