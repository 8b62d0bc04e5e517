import { createServer } from 'node:net';
import { frameOf } from '#plugin/server/protocol/frames';
import { encodeMessage } from '#plugin/server/protocol/protobuf';

/**
 * Answers everything with the end of an event: the cost of the sockets and of the bench's own side.
 */
const answer = Buffer.concat([Buffer.alloc(4), frameOf(encodeMessage([[1, 1]]))]);

createServer((socket) => {
  socket.on('error', () => {});
  socket.on('data', () => socket.write(answer));
}).listen(process.argv[2], () => process.send?.('listening'));
