import { z } from 'zod';
import type { DblessConfig } from '#config/schema';
import { PrivatelinkError } from '#core/errors';
import type { HeldEntity } from '#deck/document';
import { heldEntities } from '#deck/held';
import { isGenerated, selectTags } from '#deck/tags';
import type { Change } from '../../plan/changes';
import { type LeftOut, leaveOut } from '../../plan/dependants';
import { type KongOptions, openKong } from '../admin/kong';
import type { DocumentControlPlane, FailedChange } from '../control-plane';
import { foreignEntities } from '../kong-api/entities';
import { shapeError } from '../kong-api/errors';
import type { Http } from '../kong-api/http';
import { type RefusePlugin, refusingUnknown } from '../plugins/known';
import { applyToDeclarative, type Declarative, parseDeclarative, runningItemsOf } from './declarative';

/**
 * Connects, for `owner`, a Kong without a database through its Admin API; makes no call yet. It
 * reads the whole configuration: in Kong 3.9 lists of targets end after 100 there, and a filter by
 * tags fails beside entities without tags. Every method throws PrivatelinkError, or the signal's
 * reason when aborted.
 */
export function connectDbless(config: DblessConfig, owner: string, options?: KongOptions): DocumentControlPlane {
  const api = openKong(config, options);
  const { http } = api;
  const refuse = refusingUnknown(api);
  const ownTags = selectTags(owner);
  // Each method reads again and nearly always gets the same text. Parsing is the expensive part.
  const parse = rememberLast((text) => orShapeError(() => parseDeclarative(text)));
  const itemsOf = (running: Declarative) => orShapeError(() => runningItemsOf(running));
  const readRunning = async (signal: AbortSignal) => parse(await readConfig(http, signal));
  return {
    takes: 'document',
    read: async (signal) => {
      const held = heldEntities(itemsOf(await readRunning(signal)));
      return held.filter((entity) => isGenerated(entity.tags, ownTags));
    },
    readForeign: async (creates, signal) => foreignEntities(itemsOf(await readRunning(signal)), creates, ownTags),
    writeAll: async (changes, signal) => {
      // `POST /config` replaces everything, so entities of others must be in it.
      const running = await readRunning(signal);
      const { left, failed } = await withoutUnknown(changes, refuse, signal);
      const refused = await writeValid(left, async (valid) => {
        const next = applyToDeclarative(running, valid);
        if (JSON.stringify(next) === JSON.stringify(running)) return;
        await http({ method: 'POST', path: '/config?flatten_errors=1', body: next }, signal);
      });
      return [...failed, ...refused];
    },
    // The node that gets the write is the data plane.
    readRollout: async () => ({ nodes: 0, inSync: 0 }),
  };
}

/**
 * Reads all entities of the configuration that Kong runs, including those of others. Throws
 * PrivatelinkError.
 */
export async function readRunningEntities(http: Http, signal: AbortSignal): Promise<readonly HeldEntity[]> {
  const text = await readConfig(http, signal);
  return orShapeError(() => heldEntities(runningItemsOf(parseDeclarative(text))));
}

/** Returns a function that runs `work`, which must be pure, once for equal texts in a row. */
export function rememberLast<T>(work: (text: string) => T): (text: string) => T {
  let last: { readonly text: string; readonly result: T } | undefined;
  return (text) => {
    if (last?.text !== text) last = { text, result: work(text) };
    return last.result;
  };
}

/** Leaves out entities of plugins that Kong does not know, and what depends on them. */
async function withoutUnknown(changes: readonly Change[], refuse: RefusePlugin, signal: AbortSignal) {
  const refusals = new Map<Change, PrivatelinkError>();
  for (const change of changes) {
    const refusal = await refuse(change, signal);
    if (refusal) refusals.set(change, refusal);
  }
  const { left, leftOut } = leaveOut(changes, (change) => refusals.has(change));
  return { left, failed: leftOut.map((one) => failureOf(one, refusals.get(one.change))) };
}

/**
 * Writes the changes. Leaves out what Kong finds invalid and what depends on it, and writes the
 * rest again (fm-11). Returns what was left out.
 */
async function writeValid(
  changes: readonly Change[],
  write: (changes: readonly Change[]) => Promise<void>,
): Promise<readonly FailedChange[]> {
  try {
    await write(changes);
    return [];
  } catch (thrown) {
    const refusedIds = new Set(thrown instanceof PrivatelinkError ? thrown.refusedIds : []);
    const { left, leftOut } = leaveOut(changes, (change) => refusedIds.has(change.id));
    if (leftOut.length === 0) throw thrown;
    return [...leftOut.map((one) => failureOf(one, thrown)), ...(await writeValid(left, write))];
  }
}

/** A change that only depends on a refused entity was not refused itself. */
function failureOf({ change, reason }: LeftOut, refusal: unknown): FailedChange {
  const thrown = reason ? new PrivatelinkError(reason, { code: 'CONTROL_PLANE', fix: undefined }) : refusal;
  return { change, thrown };
}

const path = '/config';
const answer = z.object({ config: z.string() });

async function readConfig(http: Http, signal: AbortSignal): Promise<string> {
  const body = await http({ method: 'GET', path }, signal).catch((thrown: unknown) => {
    throw thrown instanceof PrivatelinkError && thrown.code === 'REJECTED' ? withDatabase(thrown) : thrown;
  });
  return orShapeError(() => answer.parse(body).config);
}

function orShapeError<T>(parse: () => T): T {
  try {
    return parse();
  } catch (thrown) {
    throw shapeError(`GET ${path}`, thrown);
  }
}

function withDatabase(cause: PrivatelinkError): PrivatelinkError {
  const fix = 'use controlPlane.type admin';
  const reason = `${cause.message}; a Kong with a database takes no whole configuration`;
  return new PrivatelinkError(reason, { code: 'CONTROL_PLANE', fix, cause });
}
