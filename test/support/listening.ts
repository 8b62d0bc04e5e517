import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/**
 * Local addresses of the TCP sockets on which this process and its descendants listen, from /proc
 * (Linux).
 */
export function listeningAddresses(pid: number): readonly string[] {
  const inodes = new Set(descendantsOf(pid).flatMap(socketInodes));
  return ['tcp', 'tcp6'].flatMap((family) =>
    (tryTo(() => readFileSync(`/proc/${pid}/net/${family}`, 'utf8')) ?? '')
      .split('\n')
      .slice(1)
      .map((line) => line.trim().split(/\s+/))
      .filter(([, , , state, , , , , , inode]) => state === listen && inode !== undefined && inodes.has(inode))
      .map(([, local = '']) => formatHex(local.split(':')[0] ?? '')),
  );
}

/** TCP_LISTEN of the kernel's tcp_states.h. */
const listen = '0A';

function descendantsOf(pid: number): readonly number[] {
  const parents = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      const parent = tryTo(() => readFileSync(`/proc/${name}/stat`, 'utf8').split(') ').at(-1)?.split(' ')[1]);
      return parent ? [{ pid: Number(name), parent: Number(parent) }] : [];
    });
  const below = (one: number): readonly number[] => [
    one,
    ...parents.filter(({ parent }) => parent === one).flatMap((child) => below(child.pid)),
  ];
  return below(pid);
}

function socketInodes(pid: number): readonly string[] {
  const names = tryTo(() => readdirSync(`/proc/${pid}/fd`)) ?? [];
  return names.flatMap((fd) => {
    const link = tryTo(() => readlinkSync(`/proc/${pid}/fd/${fd}`));
    return link?.startsWith('socket:[') ? [link.slice(8, -1)] : [];
  });
}

/** IPv4 in the kernel's little-endian hex as people write it; anything longer as it is. */
function formatHex(hex: string): string {
  return hex.length === 8
    ? (hex.match(/../g) ?? [])
        .reverse()
        .map((byte) => Number.parseInt(byte, 16))
        .join('.')
    : hex;
}

/** Processes and sockets come and go while they are being listed. */
function tryTo<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
