import { expect, it } from '@jest/globals';
import { askByUdp } from '#resolver/forwarding/exchange';
import { headerBytes } from '#resolver/packets/numbers';
import { queryOf } from '../../../support/network/dns';

const message = queryOf('example.com', 'A');

it('rejects if the system refuses to connect to a server, for example without a route', async () => {
  // The system refuses the broadcast address at once (EACCES), and nothing leaves this machine.
  const server = { ip: '255.255.255.255', port: 53 };

  await expect(
    askByUdp({ message, question: message.subarray(headerBytes), server, timeoutMs: 10_000 }),
  ).rejects.toThrow(/EACCES|ENETUNREACH/);
});
