import { readdir, rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { firstOfEach } from '#core/group-by';
import { checksumOf } from '#core/json';
import type { Json } from '#core/model';
import type { Entity } from '#deck/document';
import { entityShape } from '#deck/held';
import type { Revision } from '#deck/revision';
import { readSealed, type Sealed, writeSealed } from '#io/sealed-file';
import { isJournal, readJournal, type StageState } from './journal';

/**
 * Revisions of one owner in stateDir, one file each. They may contain secrets of plugins, so the
 * mode is 0600.
 */
export interface Revisions {
  /** Undefined: no longer kept. Throws PrivatelinkError when the file is unusable. */
  read(id: string): Promise<Revision | undefined>;
  /** Ids of all kept revisions. */
  list(): Promise<readonly string[]>;
  /** Resolves when it is on the disk. */
  keep(revision: Revision): Promise<void>;
  /**
   * Removes revisions that no stage runs, is pinned to or has left, except the last 20 runs. Never
   * rejects.
   */
  prune(): Promise<void>;
}

const json: z.ZodType<Json> = z.json();
const entity: z.ZodType<Entity> = z.object({ ...entityShape, isPartial: z.literal(true).optional() });

/**
 * Health checks are most of an upstream, and nearly all upstreams share them, so each is stored
 * once.
 */
type RevisionFile = { readonly owner: string; readonly checks: Readonly<Record<string, Json>> } & Revision;

const revisionFile: Sealed<RevisionFile> = {
  subject: 'the revision',
  version: 1,
  form: 'quick',
  schema: z.object({
    owner: z.string(),
    id: z.string(),
    affinity: z.enum(['none', 'weighted', 'failover']),
    entities: z.array(entity),
    base: z.array(z.object({ path: z.string(), text: z.string() })),
    checks: z.record(z.string(), json),
  }),
  code: 'STATE',
  fixes: { damaged: 'roll back to another revision: history lists them' },
};

const another = { reason: 'is another revision than its name says', fix: revisionFile.fixes.damaged };

/** Reads the revision if the id is given and the file is usable. */
export async function readKept(id: string | undefined, revisions: Revisions): Promise<Revision | undefined> {
  return id === undefined ? undefined : revisions.read(id).catch(() => undefined);
}

/** Number of revisions that are kept beside the used ones. */
const keptRevisions = 20;
/** A revision is written before the journal that names it, so younger files stay. */
const unnamedMs = 3_600_000;

export function openRevisions({ stateDir, owner }: { readonly stateDir: string; readonly owner: string }): Revisions {
  const pathOf = (id: string) => join(stateDir, `revision.${owner}.${id}.json`);
  return {
    read: async (id) => {
      const mismatchOf = (file: RevisionFile) => (file.id === id && file.owner === owner ? undefined : another);
      const file = await readSealed(pathOf(id), { ...revisionFile, mismatchOf });
      return file && unpacked(file);
    },
    keep: (revision) => writeSealed(pathOf(revision.id), { owner, ...packed(revision) }, revisionFile),
    list: async () => {
      const names = await namesIn(stateDir);
      return names.flatMap(idOf).filter((id) => names.includes(basename(pathOf(id))));
    },
    prune: async () => {
      const names = await namesIn(stateDir);
      const paths = names.filter((name) => isJournal(name, owner)).map((name) => join(stateDir, name));
      const states = await Promise.all(paths.map(readJournal));
      // An unreadable journal may name any revision.
      if (states.includes(undefined)) return;
      const used = new Set(usedIn(states.flatMap((state) => state ?? [])).map(pathOf));
      const all = names.map((name) => join(stateDir, name)).filter((path) => isRevision(path, pathOf));
      await removeOld(all, used).catch(() => undefined);
    },
  };
}

function namesIn(folder: string): Promise<readonly string[]> {
  return readdir(folder).catch(() => []);
}

/** The id in the name of a file, if it has one. */
function idOf(name: string): readonly string[] {
  return /[0-9a-f]{12}(?=\.json$)/.exec(name) ?? [];
}

function isRevision(path: string, pathOf: (id: string) => string): boolean {
  return idOf(path).some((id) => path === pathOf(id));
}

function usedIn(states: readonly StageState[]): readonly string[] {
  const runs = states.flatMap(({ history }) => history).toSorted((a, b) => b.atMs - a.atMs);
  const last = firstOfEach(runs, (run) => run.revision).slice(0, keptRevisions);
  return [
    ...last.map((run) => run.revision),
    ...states.flatMap(({ runs, pin, returnsTo, stable }) =>
      [runs, pin?.revision, pin?.left, returnsTo, stable].flatMap((id) => id ?? []),
    ),
  ];
}

/** Ages are relative to the youngest file: all times come from the file system. */
async function removeOld(paths: readonly string[], used: ReadonlySet<string>): Promise<void> {
  const found = await Promise.all(paths.map(async (path) => ({ path, atMs: (await stat(path)).mtimeMs })));
  const youngestMs = Math.max(...found.map(({ atMs }) => atMs));
  const old = found.filter(({ path, atMs }) => !used.has(path) && youngestMs - atMs > unnamedMs);
  await Promise.all(old.map(({ path }) => rm(path, { force: true })));
}

function packed(revision: Revision): Omit<RevisionFile, 'owner'> {
  const checks = new Map<string, Json>();
  const entities = revision.entities.map((one) => {
    const { healthchecks } = one.fields;
    if (one.kind !== 'upstream' || healthchecks === undefined) return one;
    const name = checksumOf(healthchecks).slice(0, 12);
    checks.set(name, healthchecks);
    return { ...one, fields: { ...one.fields, healthchecks: name } };
  });
  return { ...revision, entities, checks: Object.fromEntries(checks) };
}

function unpacked({ checks, owner: _, ...revision }: RevisionFile): Revision {
  const entities = revision.entities.map((one) => {
    const { healthchecks } = one.fields;
    if (one.kind !== 'upstream' || typeof healthchecks !== 'string') return one;
    return { ...one, fields: { ...one.fields, healthchecks: checks[healthchecks] ?? null } };
  });
  return { ...revision, entities };
}
