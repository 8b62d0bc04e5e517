import { existsSync, rmSync, statSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { dirname } from 'node:path';
import { messageOf, PrivatelinkError, type Problem } from '#core/errors';
import { findAt } from '#io/unix-socket';

/**
 * Listens on a unix socket; one that nobody serves is replaced. With `isForAll` every user may connect who reaches its folder, without it this one alone. Who is given a connection must `resume` it. Throws PrivatelinkError when the path is in use, is something else,
 * or may not be written.
 */
export async function listenOn(
  path: string,
  onSocket: (socket: Socket) => void,
  { isForAll = false }: { readonly isForAll?: boolean } = {},
): Promise<Server> {
  await clearPath(path);
  const server = createServer({ pauseOnConnect: true }, onSocket);
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      reject(notListening(path, `cannot be made (${messageOf(cause)})`, { cause, fix: fixOf(cause, path) }));
    });
    server.listen({ path, readableAll: isForAll, writableAll: isForAll }, resolve);
  });
  return server;
}

/** Why the user that owns the folder, as whom nginx runs, could not connect; undefined when it can. */
export function whyClosedToKong(path: string): Problem | undefined {
  const folder = statSync(dirname(path));
  const socket = statSync(path);
  const mayConnect = folder.uid === 0 || folder.uid === socket.uid || (socket.mode & 0o002) !== 0;
  if (mayConnect) return undefined;
  return {
    reason: `user ${folder.uid}, who owns ${dirname(path)}, may not connect to a socket of user ${socket.uid}`,
    fix: 'start the server as the user that nginx runs as, or let all users connect with --sock-for-all',
  };
}

async function clearPath(path: string): Promise<void> {
  const found = await findAt(path);
  if (found === 'no socket') throw notListening(path, 'is no socket, and is left as it is');
  if (found === 'served') throw notListening(path, 'is served by another process');
  try {
    rmSync(path, { force: true });
  } catch (cause) {
    const fix = `let this user write to ${dirname(path)}`;
    throw notListening(path, `was left behind and cannot be removed (${messageOf(cause)})`, { cause, fix });
  }
}

/** Node says EACCES where libuv could not bind, also to a folder that is not there. */
function fixOf({ code }: NodeJS.ErrnoException, path: string): string | undefined {
  const folder = dirname(path);
  if (!existsSync(folder)) return `make the folder ${folder}`;
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') return `let this user write to ${folder}`;
  return undefined;
}

type Failure = { readonly fix?: string; readonly cause?: unknown };

function notListening(
  path: string,
  what: string,
  { fix = 'stop what uses it', cause }: Failure = {},
): PrivatelinkError {
  const otherwise = `or choose another with --kong-prefix and --sock-name, and give KONG_PLUGINSERVER_JS_SOCKET the same`;
  return new PrivatelinkError(`the socket ${path} ${what}`, {
    code: 'CONFIG_INVALID',
    fix: `${fix}, ${otherwise}`,
    cause,
  });
}
