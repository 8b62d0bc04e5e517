import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { frameOf } from '#plugin/server/protocol/frames';
import { createOutbox } from '#plugin/server/protocol/outbox';
import { encodeReturn } from '#plugin/server/protocol/rpc';

type Outbox = ReturnType<typeof createOutbox>;

/** The bytes that the other end of a socket receives. */
async function sent(act: (outbox: Outbox) => void): Promise<Buffer> {
  const folder = mkdtempSync(join(tmpdir(), 'kong-privatelink-'));
  const chunks: Buffer[] = [];
  const server = createServer((socket) => {
    socket.on('data', (chunk) => void chunks.push(chunk));
    socket.once('end', () => socket.end());
  }).listen(join(folder, 'x.sock'));
  await once(server, 'listening');
  const socket = connect(join(folder, 'x.sock'));
  await once(socket, 'connect');
  act(createOutbox(socket));
  socket.resume().end();
  await once(socket, 'close');
  await new Promise((resolve) => server.close(resolve));
  rmSync(folder, { recursive: true });
  return Buffer.concat(chunks);
}

it.each([0, 1, 127, 128, 300, 2 ** 31, Number.MAX_SAFE_INTEGER])(
  'the end of an event is an empty frame and a return with number %d',
  async (sequence) => {
    const bytes = await sent((outbox) => {
      outbox.appendEnd(sequence);
      outbox.flush();
    });

    expect(bytes).toEqual(Buffer.concat([frameOf(Buffer.alloc(0)), frameOf(encodeReturn(sequence))]));
  },
);

it('the written bytes stay unchanged when their memory is used again', async () => {
  const pieces = Array.from({ length: 200 }, (_, index) => Buffer.alloc(5_000, index));

  const bytes = await sent(({ append, flush }) => {
    for (const piece of pieces) {
      append(piece);
      flush();
    }
  });

  expect(bytes.equals(Buffer.concat(pieces))).toBe(true);
});
