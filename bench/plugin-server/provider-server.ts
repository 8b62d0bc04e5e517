import { createServer } from 'node:net';

/** Answers every request at once, with as little of its own as can be; listens on the first free port of its address. */
const answer = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok';

const server = createServer((socket) => {
  socket.on('error', () => {});
  socket.on('data', () => socket.write(answer));
});
server.listen(0, process.argv[2], () => {
  const address = server.address();
  process.send?.({ port: typeof address === 'object' ? address?.port : undefined });
});
