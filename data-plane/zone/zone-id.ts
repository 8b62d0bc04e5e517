import { Agent, request } from 'undici';
import { z } from 'zod';
import { messageOf, PrivatelinkError } from '#core/errors';
import { backoffMs } from '#core/timing/backoff';
import type { Clock } from '#core/timing/clock';
import { isZoneName } from '#core/zones';
import type { ReadZoneIds } from '#discovery/aws/readers/zones';
import { withinDeadline } from '#io/signals';

type Environment = Readonly<Record<string, string | undefined>>;

export type ZoneIdOptions = {
  readonly env: Environment;
  /** Ids of a region's zones by name, as the account of this process sees them. */
  readonly zoneIdsOf: (region: string) => ReadZoneIds;
};

/** Metadata is one hop away: without an answer in this time it does not exist. In milliseconds. */
const timeoutMs = 1_000;
const tokenTtlSeconds = '60';
const instanceMetadata = 'http://169.254.169.254';
const zoneIdPath = '/latest/meta-data/placement/availability-zone-id';

/** `use1-az1`; a local zone's is `usw2-lax1-az1`. */
const zoneIdSchema = z.string().regex(/^[a-z0-9]+(-[a-z0-9]+)*-az\d+$/);
/** Task metadata, version 4. The zone's name begins with its region's. */
const taskSchema = z.object({ AvailabilityZone: z.string().refine(isZoneName) });

/**
 * Returns the id of the zone of this process: from instance metadata (version 2), else from the
 * task's metadata. Throws PrivatelinkError with the answer of each: UNREACHABLE, or CONFIG_MISSING
 * where no metadata exists.
 */
export async function findZoneId(options: ZoneIdOptions, signal: AbortSignal): Promise<string> {
  const ways = waysOf(options);
  const problems: string[] = [];
  for (const [name, find] of ways) {
    try {
      return zoneIdSchema.parse(await find(signal));
    } catch (thrown) {
      signal.throwIfAborted();
      problems.push(`${name}: ${messageOf(thrown)}`);
    }
  }
  const tried = problems.length > 0 ? problems.join('; ') : 'there is no metadata to ask';
  const code = ways.length > 0 ? 'UNREACHABLE' : 'CONFIG_MISSING';
  const fix = 'set --zone-id to keep requests in the zone';
  throw new PrivatelinkError(`the own zone is not known (${tried})`, { code, fix });
}

type Way = readonly [name: string, find: (signal: AbortSignal) => Promise<string | undefined>];

function waysOf({ env, zoneIdsOf }: ZoneIdOptions): readonly Way[] {
  const instance = env.AWS_EC2_METADATA_SERVICE_ENDPOINT || instanceMetadata;
  const task = env.ECS_CONTAINER_METADATA_URI_V4;
  const isDisabled = env.AWS_EC2_METADATA_DISABLED?.toLowerCase() === 'true';
  return [
    ...(isDisabled ? [] : [['instance metadata', (signal) => ofInstance(instance, signal)] as Way]),
    ...(task ? [['task metadata', (signal) => ofTask(task, zoneIdsOf, signal)] as Way] : []),
  ];
}

async function ofInstance(origin: string, signal: AbortSignal): Promise<string> {
  const base = origin.replace(/\/$/, '');
  const headers = { 'x-aws-ec2-metadata-token-ttl-seconds': tokenTtlSeconds };
  const token = await ask(`${base}/latest/api/token`, { method: 'PUT', headers, signal });
  return ask(`${base}${zoneIdPath}`, { method: 'GET', headers: { 'x-aws-ec2-metadata-token': token }, signal });
}

async function ofTask(uri: string, zoneIdsOf: ZoneIdOptions['zoneIdsOf'], signal: AbortSignal) {
  const text = await ask(`${uri}/task`, { method: 'GET', headers: {}, signal });
  const { AvailabilityZone: name } = taskSchema.parse(JSON.parse(text));
  const [region = ''] = /^[a-z]+(-[a-z]+)+-\d+/.exec(name) ?? [];
  const id = (await zoneIdsOf(region)(signal)).get(name);
  if (id === undefined) throw new Error(`ec2:DescribeAvailabilityZones in ${region} gives no id for ${name}`);
  return id;
}

type Question = {
  readonly method: 'GET' | 'PUT';
  readonly headers: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
};

/**
 * A task's metadata is a few KiB for each of its containers, of which there are ten at most
 * (fm-54).
 */
const dispatcher = new Agent({ maxResponseSize: 2 ** 18 });

function ask(url: string, { signal, ...question }: Question): Promise<string> {
  return withinDeadline(
    async (own) => {
      const { statusCode, body } = await request(url, { ...question, dispatcher, signal: own });
      const text = await body.text();
      if (statusCode !== 200) throw new Error(`status ${statusCode}`);
      return text.trim();
    },
    { signal, timeoutMs, asked: url, fix: 'it is asked again' },
  );
}

/** Messages of the thread for the own zone. */
export type FromZone =
  | { readonly kind: 'zone'; readonly zoneId: string }
  | { readonly kind: 'problem'; readonly reason: string };

export type ZoneLookupOptions = {
  readonly find: (signal: AbortSignal) => Promise<string>;
  readonly clock: Clock;
  /** 0 to 1, for jitter. */
  readonly random: () => number;
  readonly post: (message: FromZone) => void;
};

/**
 * Tries until the own zone is found, and posts it; gives up where no metadata exists. Never
 * rejects.
 */
export async function lookUpZone({ find, clock, random, post }: ZoneLookupOptions, signal: AbortSignal): Promise<void> {
  for (let failures = 1; !signal.aborted; failures += 1) {
    try {
      post({ kind: 'zone', zoneId: await find(signal) });
      return;
    } catch (thrown) {
      if (signal.aborted) return;
      post({ kind: 'problem', reason: messageOf(thrown) });
      if (!(thrown instanceof PrivatelinkError && thrown.transient)) return;
    }
    await clock.sleep(backoffMs(failures, random), signal).catch(() => {});
  }
}
