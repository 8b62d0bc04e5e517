import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { loadDataPlaneConfig } from '#config/file';
import { knownEndpoints } from '#core/snapshot';
import { type Feed, startFeed } from '#data-plane/feed/feed';
import type { ProbeSettings } from '#data-plane/probes/probe-settings';
import { createDiscoverer } from '#discovery/discover';
import { createSources } from '#discovery/sources';
import { unreferencedClock } from '#io/clock';
import { concurrently } from '#io/concurrently';
import { watchBlocks } from './blocks';
import { type EstateName, estates, scopesOf } from './discovery-world';

/**
 * One subject of the measurement, in a process of its own. Tells its parent seconds, peak memory
 * and the longest block of the event loop.
 */
type Subject = (where: { readonly url: string; readonly estate: EstateName }) => Promise<number>;

/**
 * The SDK's own paginators over the same calls, with equal concurrency, and one role's credentials
 * for all of its regions.
 */
const baseline: Subject = async ({ url, estate }) => {
  const { signal } = new AbortController();
  const { DescribeNetworkInterfacesCommand, EC2Client, paginateDescribeVpcEndpoints } = await import(
    '@aws-sdk/client-ec2'
  );
  const { fromTemporaryCredentials } = await import('@aws-sdk/credential-providers');
  const limit = loadDataPlaneConfig({ env: process.env }).discovery.concurrency;
  const roles = new Map(
    estates[estate].accounts.map((account) => {
      const RoleArn = `arn:aws:iam::${account}:role/kong-privatelink`;
      const params = { RoleArn, ExternalId: 'bench', RoleSessionName: 'bench' };
      const find = fromTemporaryCredentials({ params, clientConfig: { region: 'us-east-1', endpoint: url } });
      let keys: ReturnType<typeof find> | undefined;
      return [account, () => (keys ??= find())];
    }),
  );
  const found = await concurrently(scopesOf(estates[estate]), { limit, signal }, async ({ account, region }) => {
    const credentials = roles.get(account);
    const client = new EC2Client({ region, endpoint: url, credentials });
    const ids: string[] = [];
    const Filters = [
      { Name: 'vpc-endpoint-type', Values: ['Interface'] },
      { Name: 'tag-key', Values: ['kong:domain'] },
    ];
    for await (const page of paginateDescribeVpcEndpoints({ client, pageSize: 1_000 }, { Filters })) {
      ids.push(...(page.VpcEndpoints ?? []).flatMap((one) => one.NetworkInterfaceIds ?? []));
    }
    const answers = [];
    for (let start = 0; start < ids.length; start += 1_000) {
      answers.push(
        await client.send(
          new DescribeNetworkInterfacesCommand({ NetworkInterfaceIds: ids.slice(start, start + 1_000) }),
        ),
      );
    }
    return answers.flatMap((answer) => answer.NetworkInterfaces ?? []);
  });
  return found.flat().length;
};

const discovery: Subject = async () => {
  const config = loadDataPlaneConfig({ env: process.env });
  const snapshot = await createDiscoverer(createSources(config, { clock: unreferencedClock }), {
    clock: unreferencedClock,
    ...config.discovery,
  }).discover(new AbortController().signal);
  return knownEndpoints(snapshot).flatMap((one) => one.addresses).length;
};

/** The serving thread, while the other discovers and posts all domains for the first time. */
const serving: Subject = async ({ estate }) => {
  const domains = Array.from({ length: estates[estate].domains }, (_, index) => `sd${index}`);
  const startThread = () => {
    const worker = new Worker(join(__dirname, '../../data-plane/discovery/thread.js'));
    worker.unref();
    return {
      post: (message: unknown) => worker.postMessage(message),
      onMessage: (listener: Parameters<ReturnType<Parameters<typeof startFeed>[0]['startThread']>['onMessage']>[0]) =>
        void worker.on('message', listener),
      onEnd: () => {},
    };
  };
  const feed = startFeed(
    { startThread, clock: unreferencedClock, onProblem: (reason) => process.stderr.write(`${reason}\n`) },
    new AbortController().signal,
  );
  for (const domain of domains) feed.use(domain, probe);
  let addresses = 0;
  for (const domain of domains) addresses += await firstRequest(feed, domain);
  return addresses;
};

/** Measures discovery alone. */
const probe: ProbeSettings = { kind: 'none', path: '/', intervalMs: 1_000, timeoutMs: 500, fall: 1, rise: 1 };

/**
 * Asks for the domain in one turn of the event loop after another, as requests come, until it is
 * known.
 */
async function firstRequest(feed: Feed, domain: string): Promise<number> {
  for (;;) {
    const route = feed.reachOf(domain);
    await new Promise((done) => setTimeout(done, 1));
    if (typeof route !== 'string') return route.any.choices.length;
  }
}

const subjects: Readonly<Record<string, Subject>> = { baseline, discovery, serving };

async function measure([name = '', estate = '', url = '']: readonly string[]): Promise<void> {
  // The first ticks of a process are its own start, not the subject's.
  await new Promise((done) => setTimeout(done, 100));
  const blocks = watchBlocks();
  const startMs = performance.now();
  const addresses = await subjects[name]?.({ url, estate: estate as EstateName });
  const seconds = (performance.now() - startMs) / 1_000;
  const longest = blocks.stop();
  process.send?.({ addresses, seconds, peakMb: process.resourceUsage().maxRSS / 1_024, ...longest });
  process.exit();
}

process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';
void measure(process.argv.slice(2));
