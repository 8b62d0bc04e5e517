import { createServer } from 'node:net';

/**
 * Answers every request at once, as small as possible. Listens on one port of its addresses: the
 * first port free on the first address.
 */
const answer = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok';

function listen(address: string | undefined, port: number): Promise<number> {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.on('data', () => socket.write(answer));
  });
  return new Promise((resolve) => {
    server.listen(port, address, () => {
      const bound = server.address();
      resolve(typeof bound === 'object' ? (bound?.port ?? 0) : 0);
    });
  });
}

async function serve([first, ...others]: readonly string[]): Promise<void> {
  const port = await listen(first, 0);
  for (const address of others) await listen(address, port);
  process.send?.({ port });
}

void serve(process.argv.slice(2));
