import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import { describe, it } from '@jest/globals';
import fc from 'fast-check';
import { emptyFeed, type Feed } from '#data-plane/feed/feed';
import { liveReach } from '#data-plane/reach/reach';
import { resolveRoutes } from '#data-plane/reach/resolve';
import { access, accessUnusable, type HandlerContext, type Kong } from '#plugin/request/handler';
import { probeSettingsOf } from '#plugin/request/probes';
import { createUpstreams } from '#plugin/request/upstreams';
import { parsePluginConfig, parseWayOut } from '#plugin/schema/schema';
import { frameOf, maxFrameBytes } from '#plugin/server/protocol/frames';
import { encodeMessage } from '#plugin/server/protocol/protobuf';
import { serveConnection } from '#plugin/server/serving/connection';
import { createInstances } from '#plugin/server/serving/instances';
import { metricsText } from '#plugin/server/serving/metrics';
import type { PluginEntry } from '#plugin/server/serving/plugins';
import { endpointOf, knownScope, snapshotOf } from '../../support/builders';
import { hostileText, hostileValue, oddly, three } from './corpus';
import { oddJson } from './documents';
import { feeding, type Row, replay } from './feed';
import { expectHarmless, expectMetrics, must } from './judges';
import { mutateBytes } from './mutations';

/**
 * Any input of Kong, or of a program in its place, to the plugin. No message ends the server, and
 * no odd value goes back to Kong.
 */

const resolved = resolveRoutes(snapshotOf(knownScope([endpointOf({ host: 'api.example' })])), 'use1-az1').get('sd2');
const reach =
  resolved && liveReach(resolved, { seenOf: () => ({ observedAtMs: 1_000 }), down: new Set<string>() }, undefined);
const knowing: Feed = {
  ...emptyFeed,
  hasSources: true,
  reachOf: (domain) => (domain === 'sd2' && reach) || 'unknown domain',
};

function contextOf(source: Feed, said: string[]): HandlerContext {
  return {
    feed: source,
    upstreams: createUpstreams('use1-az1'),
    explain: (reason, domain) => void said.push(`${reason} ${domain}`),
    monotonicMs: () => 1_000,
  };
}

type Call = readonly [method: string, ...args: readonly unknown[]];

/** A Kong that notes what it is asked for. */
function recordingKong(calls: Call[]): Kong {
  const note =
    (method: string) =>
    async (...args: readonly unknown[]) =>
      void calls.push([method, ...args]);
  return {
    service: {
      setUpstream: note('setUpstream'),
      setTarget: note('setTarget'),
      request: { setHeader: note('setHeader') },
    },
    response: { exit: note('exit') },
  };
}

/** What goes into a header, or stands for a host, ends no line and hides nothing. */
const isHeader = (value: unknown) => typeof value === 'string' && /^[!-~]+$/.test(value);
const rules: Readonly<Record<string, (...args: readonly unknown[]) => boolean>> = {
  setUpstream: (name) => typeof name === 'string' && name.endsWith('.privatelink'),
  setTarget: (host, port) =>
    /^(\d+\.){3}\d+$|^\[[0-9a-f:]+\]$/.test(String(host)) &&
    Number.isInteger(port) &&
    Number(port) > 0 &&
    Number(port) < 65_536,
  setHeader: (name, value) => name === 'Host' && isHeader(value),
  exit: (status, body) => status === 503 && Object.keys(JSON.parse(String(body))).join() === 'message',
};

const entity = {
  ...{
    domain: 'sd2',
    mode: 'target',
    affinity: 'zone',
    host_header: 'api.example',
    on_unresolved: 'reject',
    max_stale_seconds: 60,
  },
  ...{
    probe: 'http',
    probe_path: '/',
    probe_interval_seconds: 5,
    probe_timeout_seconds: 1,
    probe_fall: 2,
    probe_rise: 1,
  },
};

async function expectAccess(given: unknown): Promise<void> {
  const config = parsePluginConfig(given);
  const wayOut = parseWayOut(given);
  for (const source of [knowing, emptyFeed]) {
    const calls: Call[] = [];
    const said: string[] = [];
    const kong = recordingKong(calls);
    await (config
      ? access(kong, config, contextOf(source, said))
      : accessUnusable(kong, wayOut, contextOf(source, said)));
    for (const [method, ...args] of calls)
      must(rules[method]?.(...args) === true, () => `Kong is asked for ${method} ${JSON.stringify(args)}`);
    expectHarmless(`${said.join('\n')}\n`);
  }
  if (!config) return;
  const { intervalMs, timeoutMs, fall, rise, path } = probeSettingsOf(config);
  must(
    [intervalMs, timeoutMs, fall, rise].every((one) => one > 0 && Number.isFinite(one)) && isHeader(path),
    () => 'probes that nobody can make',
  );
}

/** A connection of Kong without a network. */
class FakeSocket extends EventEmitter {
  destroyed = false;
  writableLength = 0;
  readonly written: Buffer[] = [];
  write(bytes: Uint8Array): boolean {
    this.written.push(Buffer.from(bytes));
    return true;
  }
  end(): void {
    this.destroy();
  }
  destroy(): void {
    if (this.destroyed) return;
    this.destroyed = true;
    this.emit('close');
  }
}

const plugin: PluginEntry = {
  ...{ name: 'privatelink', version: '0.1.0', priority: 790, schema: [], phases: ['access'] },
  start: (config) => {
    const parsed = parsePluginConfig(config);
    const context = contextOf(knowing, []);
    return new Map([
      [
        'access',
        (kong: Kong) => (parsed ? access(kong, parsed, context) : accessUnusable(kong, parseWayOut(config), context)),
      ],
    ]);
  },
};

const problems: string[] = [];
const onProblem = (reason: string) => void problems.push(reason);
const counts = { events: 0, calls: new Map<string, number>() };
const instances = createInstances({ plugins: new Map([[plugin.name, plugin]]), now: () => 1_000, onProblem });
const instance = instances.start('privatelink', entity).instanceId;

const event = (id: number, phase: string) =>
  encodeMessage([
    [1, 7],
    [
      36,
      encodeMessage([
        [1, id],
        [2, phase],
      ]),
    ],
  ]);
const start = (name: string, config: string) =>
  encodeMessage([
    [1, 8],
    [
      33,
      encodeMessage([
        [1, name],
        [2, config],
      ]),
    ],
  ]);
const answers = frameOf(Buffer.alloc(0));

const message = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(event(instance, 'access'), event(instance, 'log'), event(1, 'access')) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.oneof(fc.constant('privatelink'), hostileText), oddJson(entity))
      .map(([name, config]) => start(name, config)),
  },
  {
    weight: 1,
    arbitrary: fc.nat(2 ** 30).map((id) =>
      encodeMessage([
        [1, 9],
        [35, encodeMessage([[1, id]])],
      ]),
    ),
  },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 64 }) },
);
const frame = message.map((one) => (one.length > maxFrameBytes ? answers : frameOf(one)));
const odd = fc.tuple(frame, three).map(([one, steps]) => mutateBytes(one, steps));
/** Pieces as they arrive, each cut in two somewhere. */
const stream = fc.array(
  fc.tuple(
    fc.oneof(
      { weight: 2, arbitrary: odd },
      { weight: 1, arbitrary: frame },
      { weight: 1, arbitrary: fc.constant(answers) },
    ),
    fc.nat(),
  ),
  { minLength: 1, maxLength: 4 },
);

/** The frames of what was written, which must be whole. */
function expectFrames(written: Buffer): number {
  let [at, frames] = [0, 0];
  for (; at < written.length; frames += 1) at += 4 + written.readUInt32LE(at);
  must(at === written.length, () => `half a frame was written: ${written.toString('hex')}`);
  return frames;
}

async function expectServed(pieces: readonly (readonly [bytes: Uint8Array, cut: number])[]): Promise<void> {
  const socket = new FakeSocket();
  serveConnection(socket as unknown as Socket, { instances, counts, onProblem });
  for (const [bytes, cut] of pieces) {
    const at = cut % (bytes.length + 1);
    for (const part of [bytes.subarray(0, at), bytes.subarray(at)])
      if (!socket.destroyed) socket.emit('data', Buffer.from(part));
  }
  expectFrames(Buffer.concat(socket.written));
  socket.destroy();
  expectHarmless(`${problems.splice(0).join('\n')}\n`);
  expectNextRequest();
  expectMetrics(metricsText({ counts, instances: instances.count(), unresolved: 0, feed: emptyFeed, nowMs: 0 }));
}

/** Two calls with two frames each, and the end of the event with two more. */
function expectNextRequest(): void {
  const socket = new FakeSocket();
  serveConnection(socket as unknown as Socket, { instances, counts, onProblem });
  socket.emit('data', Buffer.from(frameOf(event(instance, 'access'))));
  const frames = expectFrames(Buffer.concat(socket.written));
  must(frames === 6, () => `the next request is answered with ${frames} frames`);
  socket.destroy();
}

const rows: readonly Row[] = [
  ["fm-45 a plugin entity's configuration", feeding(oddly(entity), expectAccess)],
  ['fm-45 an invalid configuration', feeding(hostileValue, expectAccess, 0.25)],
  ['fm-54 frames of a socket', feeding(stream, expectServed)],
];

describe(`the corpus against the plugin ${replay}`, () => {
  it.each(rows)('%s', async (_, run) => {
    await run();
  });
});
