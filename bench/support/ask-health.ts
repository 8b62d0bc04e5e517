import { request } from 'undici';

/**
 * Fewer than 64 requests wait while a worker is busy for three seconds: the worker closes the
 * oldest of more.
 */
const everyMs = 50;

/** When it was asked (unix epoch), how long until the answer, and its status. */
export type HealthSample = { readonly askedAtMs: number; readonly ms: number; readonly status: number };

/**
 * Asks for /healthz from a process of its own, at the same rate during slow answers, until its
 * parent says anything. Then tells the parent all samples.
 */
async function ask([url = '']: readonly string[]): Promise<void> {
  const asked: Promise<HealthSample>[] = [];
  const timer = setInterval(() => asked.push(askOnce(`${url}/healthz`)), everyMs);
  process.on('message', async () => {
    clearInterval(timer);
    process.send?.(await Promise.all(asked), () => process.disconnect());
  });
}

async function askOnce(url: string): Promise<HealthSample> {
  const askedAtMs = Date.now();
  const startMs = performance.now();
  const status = await statusOf(url);
  return { askedAtMs, ms: performance.now() - startMs, status };
}

/** On a connection of its own, as probes come; 0 where it is cut off. */
async function statusOf(url: string): Promise<number> {
  try {
    const { statusCode, body } = await request(url, { reset: true });
    await body.dump();
    return statusCode;
  } catch {
    return 0;
  }
}

void ask(process.argv.slice(2));
