import { lstatSync } from 'node:fs';
import { connect } from 'node:net';

/** What is in the way of a socket at the path; undefined for nothing, and for a socket that nobody serves, which may be replaced. */
export async function findAt(path: string): Promise<'no socket' | 'served' | undefined> {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (!stat) return undefined;
  if (!stat.isSocket()) return 'no socket';
  return (await isServed(path)) ? 'served' : undefined;
}

/** A socket that may not be tried is somebody's. */
function isServed(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path, () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code !== 'ECONNREFUSED'));
  });
}
