import { existsSync, rmSync, statSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { dirname } from 'node:path';
import { messageOf, PrivatelinkError, type Problem } from '#core/errors';
import { findAt } from '#io/unix-socket';

/**
 * Listens on a unix socket, and replaces a socket without a server. With `isForAll`, every user
 * that reaches its folder may connect; otherwise only this user. The caller must `resume` each
 * connection. Throws PrivatelinkError when the path is in use, is something else, or is not
 * writable.
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
      reject(notListening(path, `cannot be created (${messageOf(cause)})`, { cause, fix: fixOf(cause, path) }));
    });
    server.listen({ path, readableAll: isForAll, writableAll: isForAll }, resolve);
  });
  return server;
}

/** Why nginx could not connect as the owner of the folder; undefined when it can. */
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

/** Node reports EACCES when libuv cannot bind, also for a missing folder. */
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
