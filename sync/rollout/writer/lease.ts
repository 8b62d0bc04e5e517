import { randomBytes } from 'node:crypto';
import { readFileSync, readlinkSync, unlinkSync } from 'node:fs';
import { type FileHandle, lstat, open, rename } from 'node:fs/promises';
import { hostname } from 'node:os';
import { z } from 'zod';
import { codeOf, hasCode } from '#core/errors';
import { printable } from '#core/printable';
import { isMissingFile, readRegular, readStartNow } from '#io/files';

/** A file that names the writing process, which renews it. */
export type Lease = {
  /**
   * Whether the file is still this process's. The file is read each time: over NFS attributes may
   * be a minute old, but an opened file is not.
   */
  isOurs(): boolean;
  renew(): Promise<void>;
  /** Moves the file over another one. Returns whether the file there is then this process's. */
  replace(path: string): Promise<boolean>;
  /** Removes the file, unless it is now another process's. */
  end(): Promise<void>;
};

/** Content of the file: the process that made it. */
const holderSchema = z.object({
  id: z.string(),
  pid: z.int().min(1),
  host: z.string().max(255),
  /** Hosts may share a name, and their first namespaces a number. Absent without /proc. */
  bootId: z.string().optional(),
  pidNamespace: z.string().optional(),
  startedAt: z.iso.datetime(),
});

type Holder = z.infer<typeof holderSchema>;

/** Ids of this process, which may hold several files and wait for its own. */
const ownIds = new Set<string>();

/**
 * Creates the file. Undefined: it exists. `nowMs` is only shown to people. Throws Node's error when
 * no file can be created.
 */
export async function takeLease(path: string, nowMs: number): Promise<Lease | undefined> {
  const handle = await openNew(path);
  if (!handle) return undefined;
  const holder = { id: randomBytes(16).toString('hex'), ...ownPlace(), startedAt: new Date(nowMs).toISOString() };
  ownIds.add(holder.id);
  const lease = leaseOf(path, { handle, holder });
  try {
    await lease.renew();
    return lease;
  } catch (thrown) {
    await lease.end();
    // A full disk leaves an empty file, and others would wait for it.
    removeIf(() => true, path);
    throw thrown;
  }
}

type Made = { readonly handle: FileHandle; readonly holder: Holder };

function leaseOf(path: string, { handle, holder }: Made): Lease {
  // This part of the file never changes, even while a renewal is half written.
  const mark = Buffer.from(JSON.stringify({ id: holder.id }).slice(0, -1));
  let at = path;
  const isOurs = () => beginsWith(at, mark);
  let renewals = 0;
  return {
    isOurs,
    // Writes into the file that was created, wherever it is now. So a process that wakes up late
    // never writes into the file of another.
    renew: async () => {
      await handle.write(`${JSON.stringify({ ...holder, renewals })}\n`, 0);
      // Over NFS other hosts see it only then.
      if (renewals > 0) await handle.datasync();
      renewals += 1;
    },
    replace: async (other) => {
      await renameIfThere(at, other);
      at = other;
      return isOurs();
    },
    end: async () => {
      await handle.close().catch(() => undefined);
      removeIf(isOurs, at);
      ownIds.delete(holder.id);
    },
  };
}

/**
 * A process that stood still may have lost the file, because another process moved it into place.
 */
async function renameIfThere(from: string, to: string): Promise<void> {
  await rename(from, to).catch((thrown) => {
    if (!isMissingFile(thrown)) throw thrown;
  });
}

/**
 * Checks and removes at once, so that nothing of this process comes between. A file that cannot be
 * removed is treated as a dead process's.
 */
function removeIf(isOurs: () => boolean, path: string): void {
  try {
    if (isOurs()) unlinkSync(path);
  } catch {}
}

/** `x` follows no symlink. */
async function openNew(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, 'wx', 0o600);
  } catch (thrown) {
    if (hasCode(thrown, 'EEXIST')) return undefined;
    throw thrown;
  }
}

/** More bytes than a holder writes. */
const mostBytes = 4_096;

/**
 * Returns text that changes with each renewal: the content, or the metadata of an unreadable file.
 * Throws for a folder.
 */
export async function readContent(path: string): Promise<string> {
  try {
    return await readRegular(path, { mostBytes });
  } catch (thrown) {
    if (hasCode(thrown, 'EISDIR')) throw thrown;
    // Another user's file may be renewed too. Its time is only compared with itself.
    const found = await lstat(path).catch(() => undefined);
    return `no text: ${codeOf(thrown) ?? 'no file'} ${found?.ino} ${found?.mtimeMs}`;
  }
}

/** Called before each of thousands of writes. */
function beginsWith(path: string, mark: Buffer): boolean {
  try {
    return readStartNow(path, mark.length).equals(mark);
  } catch {
    return false;
  }
}

/**
 * Whether the process that wrote this content has certainly ended: no process of this machine has
 * its pid, or this process has the pid and did not write it.
 */
export function isOfDead(content: string): boolean {
  const holder = holderOf(content);
  if (!holder || !isHere(holder)) return false;
  if (holder.pid === process.pid) return !ownIds.has(holder.id);
  try {
    process.kill(holder.pid, 0);
    return false;
  } catch (thrown) {
    return hasCode(thrown, 'ESRCH');
  }
}

/** Describes the holder of the file for people. */
export function describeHolder(content: string): string {
  const holder = holderOf(content);
  if (!holder) return 'an unknown process';
  return `process ${holder.pid} on host ${printable(holder.host)} (since ${holder.startedAt})`;
}

function holderOf(content: string): Holder | undefined {
  try {
    return holderSchema.safeParse(JSON.parse(content)).data;
  } catch {
    return undefined;
  }
}

function isHere(holder: Holder): boolean {
  const own = ownPlace();
  return (['host', 'bootId', 'pidNamespace'] as const).every((key) => holder[key] === own[key]);
}

function ownPlace(): Omit<Holder, 'id' | 'startedAt'> {
  return {
    pid: process.pid,
    host: hostname(),
    bootId: ifAny(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()),
    pidNamespace: ifAny(() => readlinkSync('/proc/self/ns/pid')),
  };
}

function ifAny(read: () => string): string | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
