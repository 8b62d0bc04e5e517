import { expect, it } from '@jest/globals';
import { request } from 'undici';
import { startProvider } from '../../sandbox/providers';
import { serveSandbox } from '../../sandbox/serve';

it('serves AWS, Konnect and a door to the gateway until it is closed', async () => {
  const handle = async () => ({ body: { gateway: true } });
  const gateway = await startProvider({ addresses: ['127.0.0.1'], handle });
  const served = await serveSandbox({ aws: 0, konnect: 0, gateway: gateway.port });

  const statuses = await Promise.all([served.awsUrl, served.konnectUrl, `http://${served.door}`].map(statusOf));

  expect(statuses).toEqual([401, 401, 200]);
  await served.close();
  await gateway.close();
  await expect(statusOf(served.awsUrl)).rejects.toThrow();
});

async function statusOf(url: string): Promise<number> {
  const { statusCode, body } = await request(url, { signal: AbortSignal.timeout(5_000) });
  await body.dump();
  return statusCode;
}
