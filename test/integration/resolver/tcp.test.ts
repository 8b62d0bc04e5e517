import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { serveTcp, type TcpServer } from '#resolver/serving/tcp';
import { sendTcp } from '../../support/network/resolver';

let server: TcpServer | undefined;
const held: Socket[] = [];

afterEach(async () => {
  for (const socket of held.splice(0)) socket.destroy();
  await server?.close();
});

const question = Buffer.from([0, 3, 1, 2, 3]);

describe('serveTcp', () => {
  it('answers a new connection while half-sent questions hold all allowed connections', async () => {
    server = await serveTcp({ ip: '127.0.0.1', port: 0 }, (bytes) => bytes);
    for (let times = 0; times < 200; times += 1) {
      const socket = connect(server.port, '127.0.0.1').on('error', () => {});
      held.push(socket);
      await once(socket, 'connect');
      socket.write(question.subarray(0, 4));
    }

    expect(await sendTcp(server.port, question)).toEqual(question);
  });
});
