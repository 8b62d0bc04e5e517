import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describeUnlessLacking } from '../needing';

process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';

/** moto is an AWS of other authors. It shows errors that our stand-in and our reader share. */
const motoServer = [process.env.MOTO_SERVER, join(__dirname, '../../../.venv/bin/moto_server')].find(
  (path) => path && existsSync(path),
);

export const motoCredentials = { accessKeyId: 'testing', secretAccessKey: 'testing' };

/** What the command line reads from its environment against moto. */
export const motoEnv = { AWS_ACCESS_KEY_ID: 'testing', AWS_SECRET_ACCESS_KEY: 'testing', KONNECT_TOKEN: 'kpat_test' };

/** A suite that needs moto. Without it, the suite prints how to install it. */
export function describeWithMoto(name: string, suite: () => void): void {
  const lacking =
    "moto is not installed. To run it: python3 -m venv .venv && .venv/bin/pip install 'moto[server,ec2]==5.2.5' (or set MOTO_SERVER to a moto_server)";
  describeUnlessLacking(motoServer ? undefined : lacking, name, suite);
}

export type Moto = { readonly url: string; close(): void };

/**
 * Starts moto on a free port and waits for its answer. The SDK finds moto's credentials in this
 * process's environment.
 */
export async function startMoto(): Promise<Moto> {
  Object.assign(process.env, { AWS_ACCESS_KEY_ID: 'testing', AWS_SECRET_ACCESS_KEY: 'testing' });
  const port = await freePort();
  const server = spawn(motoServer ?? '', ['-H', '127.0.0.1', '-p', String(port)], { stdio: 'ignore' });
  const url = `http://127.0.0.1:${port}`;
  try {
    await untilAnswers(url);
  } catch (failure) {
    server.kill();
    throw failure;
  }
  return { url, close: () => void server.kill() };
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}

async function untilAnswers(url: string): Promise<void> {
  const untilMs = Date.now() + 30_000;
  while (Date.now() < untilMs) {
    const answered = await fetch(url).then(
      () => true,
      () => false,
    );
    if (answered) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`moto did not answer at ${url} within 30 s`);
}
