import { lstatSync } from 'node:fs';
import { connect } from 'node:net';

/**
 * Says what blocks a socket at the path. Undefined for nothing, and for an unserved socket, which
 * may be replaced.
 */
export async function findAt(path: string): Promise<'no socket' | 'served' | undefined> {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (!stat) return undefined;
  if (!stat.isSocket()) return 'no socket';
  return (await isServed(path)) ? 'served' : undefined;
}

/** Any error but ECONNREFUSED, such as a lack of permission, means a socket of somebody else. */
function isServed(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path, () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code !== 'ECONNREFUSED'));
  });
}
