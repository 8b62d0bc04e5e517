import { randomBytes } from 'node:crypto';
import { readFileSync, readlinkSync, unlinkSync } from 'node:fs';
import { type FileHandle, lstat, open, rename } from 'node:fs/promises';
import { hostname } from 'node:os';
import { z } from 'zod';
import { codeOf, hasCode } from '#core/errors';
import { printable } from '#core/printable';
import { isMissingFile, readRegular, readStartNow } from '#io/files';

/** A file that says which process writes, for as long as that process renews it. */
export type Lease = {
  /** Whether the file is still this process's. It is read each time: over NFS a file's attributes may be a minute old, what is opened is not. */
  isOurs(): boolean;
  renew(): Promise<void>;
  /** Puts the file in place of another one; gives whether it is this process's there. */
  replace(path: string): Promise<boolean>;
  /** Removes the file, unless it is another's by now. */
  end(): Promise<void>;
};

/** What the file says of the process that made it. */
const holderSchema = z.object({
  id: z.string(),
  pid: z.int().min(1),
  host: z.string().max(255),
  /** Machines may have one name, and their first namespaces one number; absent where there is no /proc. */
  bootId: z.string().optional(),
  pidNamespace: z.string().optional(),
  startedAt: z.iso.datetime(),
});

type Holder = z.infer<typeof holderSchema>;

/** Of this process, which may hold several files and wait for its own. */
const ownIds = new Set<string>();

/** Makes the file; undefined where there is one. `nowMs` is told to people, nothing else. Throws what Node says where no file can be made. */
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
    // On a full disk an empty file is left, for which others would wait.
    removeIf(() => true, path);
    throw thrown;
  }
}

type Made = { readonly handle: FileHandle; readonly holder: Holder };

function leaseOf(path: string, { handle, holder }: Made): Lease {
  // It never changes, also while a renewal is half written.
  const mark = Buffer.from(JSON.stringify({ id: holder.id }).slice(0, -1));
  let at = path;
  const isOurs = () => beginsWith(at, mark);
  let renewals = 0;
  return {
    isOurs,
    // Into the file that was made, wherever it is by now: whoever wakes late never writes into that of another.
    renew: async () => {
      await handle.write(`${JSON.stringify({ ...holder, renewals })}\n`, 0);
      // Over NFS others see it only then.
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

/** Whoever stood still for long may have lost it, and somebody else has put it in place. */
async function renameIfThere(from: string, to: string): Promise<void> {
  await rename(from, to).catch((thrown) => {
    if (!isMissingFile(thrown)) throw thrown;
  });
}

/** Both at once, so that nothing of this process comes between them; what cannot be removed counts as that of a dead process. */
function removeIf(isOurs: () => boolean, path: string): void {
  try {
    if (isOurs()) unlinkSync(path);
  } catch {}
}

/** `x` goes through no symlink. */
async function openNew(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, 'wx', 0o600);
  } catch (thrown) {
    if (hasCode(thrown, 'EEXIST')) return undefined;
    throw thrown;
  }
}

/** More than a holder writes. */
const mostBytes = 4_096;

/** What changes whenever a holder renews: the text, or what is known of something that cannot be read. Throws where a folder is. */
export async function readContent(path: string): Promise<string> {
  try {
    return await readRegular(path, { mostBytes });
  } catch (thrown) {
    if (hasCode(thrown, 'EISDIR')) throw thrown;
    // Of another user's file, which may well be renewed; the time is compared with itself alone.
    const found = await lstat(path).catch(() => undefined);
    return `no text: ${codeOf(thrown) ?? 'no file'} ${found?.ino} ${found?.mtimeMs}`;
  }
}

/** It is asked before each of thousands of writes. */
function beginsWith(path: string, mark: Buffer): boolean {
  try {
    return readStartNow(path, mark.length).equals(mark);
  } catch {
    return false;
  }
}

/** Whether whoever wrote this content has certainly ended: no process of this machine has its id, or this one has, and did not write it. */
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

/** Who has the file, for people. */
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
