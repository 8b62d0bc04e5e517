import { z } from 'zod';
import { configurationOf } from '../../control-planes/dbless/node';
import { type AskJson, shownUrl } from './ask';

/**
 * A data plane's own answer: its configuration hash, or none; or an unreadable answer; or a node
 * with a database, which has no hash.
 */
export type Status = { readonly name: string } & (
  | { readonly hash: string | undefined }
  | { readonly problem: string }
  | { readonly isMute: true }
);

const withHash = z.object({ configuration_hash: z.string().min(1).max(128) });
/** The answer of every Kong. */
const withoutHash = z.object({ configuration_hash: z.null().optional(), server: z.looseObject({}) });

/** Reads Kong's status. Rejects only with the signal's reason. */
export async function readStatus(url: string, ask: AskJson, signal: AbortSignal): Promise<Status> {
  const name = shownUrl(url);
  const told = await ask({ url }, signal);
  if ('problem' in told) return { name, problem: `GET ${name}: ${told.problem}` };
  if (told.status !== 200) return { name, problem: `GET ${name}: it answered ${told.status}` };
  const said = withHash.safeParse(told.body);
  if (said.success) return { name, hash: configurationOf(said.data.configuration_hash) };
  if (withoutHash.safeParse(told.body).success) return { name, isMute: true };
  return { name, problem: `GET ${name}: the answer is not what Kong's /status returns` };
}

/** Two looks within this time are treated as one. */
const leastApartMs = 1_000;

/**
 * Returns the function that finds the new hash: all data planes agree on it twice, at least a
 * second apart, and none had it `before` the write. Undefined: none yet.
 */
export function createAgreement(
  before: ReadonlySet<string>,
): (statuses: readonly Status[], nowMs: number) => string | undefined {
  let agreed: string | undefined;
  let sinceMs = 0;
  return (statuses, nowMs) => {
    const hashes = new Set(statuses.map((one) => ('hash' in one ? one.hash : undefined)));
    const [common] = hashes.size === 1 ? hashes : [];
    if (common !== agreed) {
      agreed = common;
      sinceMs = nowMs;
    }
    const isNew = agreed !== undefined && !before.has(agreed);
    return isNew && nowMs - sinceMs >= leastApartMs ? agreed : undefined;
  };
}
