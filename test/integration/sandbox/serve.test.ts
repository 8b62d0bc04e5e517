import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { promisify } from 'node:util';
import { expect, it } from '@jest/globals';
import { request } from 'undici';
import { startProvider } from '#sandbox/network/providers';
import { serveSandbox } from '#sandbox/serve';
import { formatServed } from '#sync/cli/commands/sandbox';
import { misfitsOf, runCli } from '../../support/cli';
import { builtCli } from '../../support/sandbox';
import { patienceMs } from '../../support/until';

const anyPorts = { aws: 0, konnect: 0, gateway: 8000 };

it('serves AWS, Konnect and a door to the gateway until it is closed', async () => {
  const handle = async () => ({ body: { gateway: true } });
  const gateway = await startProvider({ addresses: ['127.0.0.1'], handle });
  const served = await serveSandbox({ aws: 0, konnect: 0, gateway: gateway.port });

  const statuses = await Promise.all([served.awsUrl, served.konnectUrl, `http://${served.door}`].map(statusOf));

  expect(statuses).toEqual([401, 401, 200]);
  await served.close();
  await gateway.close();
  await expect(statusOf(served.awsUrl)).rejects.toMatchObject({
    code: expect.stringMatching(/^(ECONNREFUSED|UND_ERR_SOCKET)$/),
  });
});

it('writes a configuration with which the command line sees both domains, and says where it is', async () => {
  const served = await serveSandbox(anyPorts);

  const argv = [builtCli, 'discover', '-c', served.configPath, '--json'];
  const { stdout } = await promisify(execFile)(process.execPath, argv, { env: served.env });
  const text = formatServed(served);
  const { close: _, ...told } = served;
  await served.close();

  expect(JSON.parse(stdout)).toMatchObject({ endpoints: [{ domain: 'egress' }, { domain: 'sd2' }] });
  expect(text).toContain(`  npx kong-privatelink sync -c ${served.configPath}\n`);
  expect(text).toContain('Ctrl-C');
  expect(misfitsOf(['sandbox'], JSON.stringify(told))).toEqual([]);
  expect(existsSync(served.configPath)).toBe(false);
});

it('names what most likely holds the port when it is taken', async () => {
  const served = await serveSandbox(anyPorts);
  const ports = { ...anyPorts, konnect: Number(new URL(served.konnectUrl).port) };

  await expect(serveSandbox(ports)).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
    message: expect.stringMatching(new RegExp(`:${ports.konnect}: most likely another sandbox --serve .* stop it`)),
  });

  await served.close();
});

it.each([[['--once']], [['--faults']], [['--estate', 'T1']]])('is not taken together with %j', async (others) => {
  const { exitCode, out } = await runCli(['sandbox', '--serve', '--json', ...others]);

  expect(exitCode).toBe(1);
  expect(JSON.parse(out).error).toMatchObject({
    code: 'CONFIG_INVALID',
    message: expect.stringContaining('leave --once, --faults and --estate out'),
  });
});

async function statusOf(url: string): Promise<number> {
  const { statusCode, body } = await request(url, { signal: AbortSignal.timeout(patienceMs) });
  await body.dump();
  return statusCode;
}
