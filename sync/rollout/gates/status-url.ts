import { z } from 'zod';
import { configurationOf } from '../../control-planes/dbless/node';
import { type AskJson, shownUrl } from './ask';

/** What a data plane says itself: a configuration, or that it has none; or nothing that could be read; or, of a node with a database, that it has no hash. */
export type Status = { readonly name: string } & (
  | { readonly hash: string | undefined }
  | { readonly problem: string }
  | { readonly isMute: true }
);

const withHash = z.object({ configuration_hash: z.string().min(1).max(128) });
/** What every Kong answers. */
const withoutHash = z.object({ configuration_hash: z.null().optional(), server: z.looseObject({}) });

/** Rejects with the signal's reason alone. */
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

/** Two looks at the same hash that are closer than this are one. */
const leastApartMs = 1_000;

/** Gives the hash on which all agree for a second time, at least a second after the first, and which none had `before` the write; undefined: none yet. */
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
