import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { JsonObject } from '#core/model';
import { type Provider, startProvider } from '#sandbox/network/providers';
import { type Estate, openEstate, region } from '../support/estate';
import { askErrors, errorsOf, openErrors } from '../support/kong/errors-of-kong';
import { type Load, startLoad } from '../support/kong/load';
import { startPlainKong } from '../support/kong/plain-kong';
import { describeWithKong, freePorts, type RealKong } from '../support/kong/real-kong';
import { builtCli } from '../support/sandbox';
import { until } from '../support/until';
import type { Prometheus } from '../support/watch/prometheus';

const names = ['canary', 'blue', 'green'] as const;
type Name = (typeof names)[number];

/** Of endpoints, one after the other. */
const generations = [
  ['127.0.78.1', '127.0.78.2'],
  ['127.0.78.3', '127.0.78.4'],
  ['127.0.78.5', '127.0.78.6'],
] as const;

type Stage = {
  readonly name: Name;
  readonly kong: RealKong;
  readonly admin: string;
  /** Of the Status API. */
  readonly status: string;
  readonly load: Load;
};

/** Gates that cannot tell get this long. */
const patient = { settleSeconds: 600 };
/** Longer than any test: it ends by a gate, or with the process. */
const endless = { ...patient, bakeSeconds: 86_400 };
const short = { ...patient, bakeSeconds: 3 };

describeWithKong('three real Kongs without a database, a stage each, under load', () => {
  let estate: Estate;
  let provider: Provider;
  let prometheus: Prometheus;
  let stages: readonly Stage[];
  let endpointId: string;
  const opened: (() => Promise<unknown>)[] = [];

  beforeAll(async () => {
    estate = await openEstate([]);
    opened.push(estate.close);
    provider = await startProvider({
      addresses: generations.flat(),
      handle: async ({ address }) => ({ body: { address } }),
    });
    opened.push(provider.close);
    endpointId = estate.addEndpoint('sd2', generations[0], { tags: { 'kong:port': String(provider.port) } });
    stages = await Promise.all(names.map(startStage));
    const scraped = Object.fromEntries(stages.map(({ name, status }) => [name, new URL(status).host]));
    prometheus = await openErrors(estate.folder, scraped);
    opened.push(prometheus.close);
  });

  afterAll(async () => {
    for (const close of opened.reverse()) await close();
  });

  async function startStage(name: Name): Promise<Stage> {
    const [ports, { proxy: statusPort }] = [await freePorts(), await freePorts()];
    const kong = await startPlainKong(join(estate.folder, name), {
      ports,
      variables: { KONG_STATUS_LISTEN: `127.0.0.1:${statusPort}` },
    });
    opened.push(kong.close);
    const load = startLoad(`http://${kong.host}:${kong.port}/sd2/x`);
    opened.push(load.close);
    return { name, kong, load, admin: `http://127.0.0.1:${ports.admin}`, status: `http://127.0.0.1:${statusPort}` };
  }

  type Wanted = {
    readonly times: typeof short;
    /** What people see of a revision: it marks its answers. */
    readonly revision: string;
    readonly plugins?: readonly JsonObject[];
    /** Of the gates beside that of data planes. */
    readonly gates?: readonly ('requests' | 'metrics')[];
  };

  function configure({ times, revision, plugins = [], gates = ['requests', 'metrics'] }: Wanted): void {
    const all = {
      requests: stages.map(({ name, kong }) => ({
        ...{ stage: name, url: `http://${kong.host}:${kong.port}/sd2/gate`, perSecond: 10, timeoutSeconds: 60 },
      })),
      metrics: [
        { name: 'errors', type: 'prometheus', address: prometheus.url, query: errorsOf('{stage}'), atMost: 0.01 },
      ].map((one) => ({ ...one, everySeconds: 1 })),
    };
    const status = stages.map(({ name, status }) => ({ stage: name, url: `${status}/status` }));
    const marking = { name: 'response-transformer', config: { add: { headers: [`x-revision:${revision}`] } } };
    const counting = { name: 'prometheus', config: { status_code_metrics: true } };
    const hub = { name: 'hub', type: 'vpc-endpoints', regions: [region], endpoint: estate.aws.url };
    estate.configure(
      // JSON is YAML.
      JSON.stringify({
        owner: 'test',
        sources: [{ ...hub, allow: { addresses: ['127.0.0.0/8'] } }],
        controlPlanes: stages.map(({ name, admin }) => ({ stage: name, type: 'dbless', address: admin })),
        domains: { sd2: { plugins: [counting, marking, ...plugins] } },
        watch: { intervalSeconds: 1 },
        rollout: {
          ...times,
          gates: { dataPlanes: 'required', status, ...Object.fromEntries(gates.map((one) => [one, all[one]])) },
        },
      }),
    );
  }

  /** The command line as a process. */
  function start() {
    const file = join(estate.folder, 'kong-privatelink.yaml');
    const child = spawn(process.execPath, [builtCli, 'sync', '--json', '-c', file], {
      env: process.env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const kill = () => child.kill('SIGKILL');
    process.once('exit', kill);
    let err = '';
    child.stderr.on('data', (data) => (err += data));
    const ended = Promise.all([text(child.stdout), once(child, 'exit')]).then(([out, [exitCode]]) => {
      process.off('exit', kill);
      return { out, exitCode, err };
    });
    return {
      says: (line: string) =>
        until(line, () => {
          if (child.exitCode !== null) throw new Error(err);
          return err.includes(line);
        }),
      stop: () => child.kill('SIGTERM'),
      ended,
    };
  }

  async function sync(wanted: Wanted) {
    configure(wanted);
    const { out, exitCode, err } = await start().ended;
    if (!out) throw new Error(`it ended with ${exitCode}: ${err}`);
    const all = JSON.parse(out).stages as readonly { readonly progress: { step: string; reason?: string } }[];
    return { exitCode, steps: all.map(({ progress }) => progress.step), reason: all[0]?.progress.reason };
  }

  const done = { exitCode: 0, steps: ['done', 'done', 'done'] };
  const each = <T>(of: (stage: Stage) => T): readonly T[] => stages.map(of);
  const revisionOf = ({ load }: Stage) => load.last()?.headers['x-revision'];
  const addressOf = ({ load }: Stage): string => JSON.parse(load.last()?.body ?? '{}').address;

  /** Waits until each answers right, of these revisions, and gives the marks from which on nothing may fail. */
  async function settled(...revisions: readonly string[]): Promise<readonly number[]> {
    await until(`the stages answer with ${revisions}`, () =>
      stages.every((one, index) => one.load.last()?.status === 200 && revisionOf(one) === revisions[index]),
    );
    return each(({ load }) => load.mark());
  }

  /** Waits until each was asked again and again, and gives what failed since. */
  async function failuresSince(marks: readonly number[]) {
    await until('each was asked again', () => stages.every(({ load }, index) => load.answered(marks[index] ?? 0) > 20));
    return each(({ load, name }) => [name, load.failures(marks[stages.findIndex((one) => one.name === name)])]);
  }

  const none = names.map((name) => [name, []]);

  /** What failed in the seconds before is no fault of the next revision. */
  const forgotten = () =>
    until('Prometheus has forgotten what failed', async () => {
      const shares = await Promise.all(names.map((name) => askErrors(prometheus, name)));
      return shares.every((share) => share === 0);
    });

  /** When its configuration was last written, in whole seconds, by its own log. */
  function writtenAt({ name }: Stage): number {
    const lines = readFileSync(join(estate.folder, name, 'kong/logs/admin_access.log'), 'utf8').split('\n');
    const [, day, time] =
      /\[(.*?):(.*?)\] "POST \/config/.exec(lines.findLast((one) => one.includes('"POST /config')) ?? '') ?? [];
    return Date.parse(`${day?.replaceAll('/', ' ')} ${time}`) / 1_000;
  }

  it('takes a good revision from canary to blue and on to green, and loses no request', async () => {
    expect(await sync({ times: short, revision: 'first' })).toMatchObject(done);
    const marks = await settled('first', 'first', 'first');
    await forgotten();

    const result = await sync({ times: short, revision: 'second' });

    expect(result).toMatchObject(done);
    await settled('second', 'second', 'second');
    const [canary = 0, blue = 0, green = 0] = each(writtenAt);
    expect([blue - canary, green - blue].map((seconds) => seconds >= short.bakeSeconds - 1)).toEqual([true, true]);
    expect(await failuresSince(marks)).toEqual(none);
  });

  it.each(['requests', 'metrics'] as const)(
    'halts at the canary by %s, which goes back, and no other stage loses a request',
    async (gate) => {
      await forgotten();
      const marks = await settled('second', 'second', 'second');
      const plugins = [{ name: 'request-termination', config: { status_code: 503 } }];

      const result = await sync({ times: endless, revision: `bad for ${gate}`, plugins, gates: [gate] });

      expect(result).toMatchObject({ exitCode: 3, steps: ['back', 'waits', 'waits'] });
      expect(result.reason).toMatch(gate === 'requests' ? /requests: .*status 503/ : /errors: .*above its limit/);
      const [after = 0, ...others] = await settled('second', 'second', 'second');
      const [canary, ...rest] = await failuresSince(marks);
      expect(canary?.[1]).not.toEqual([]);
      expect(rest).toEqual(none.slice(1));
      expect(await failuresSince([after, ...others])).toEqual(none);
    },
  );

  it('follows an endpoint recreated in the middle of a bake in all stages at once, and goes on after a restart', async () => {
    await forgotten();
    const marks = await settled('second', 'second', 'second');
    configure({ times: endless, revision: 'third' });
    const worker = start();
    await worker.says('stage canary: baking');
    await settled('third', 'second', 'second');

    recreate(generations[1]);
    await until('all ask the new addresses', () =>
      each(addressOf).every((one) => generations[1].includes(one as never)),
    );

    await settled('third', 'second', 'second');
    worker.stop();
    await worker.ended;
    expect(await sync({ times: short, revision: 'third' })).toMatchObject(done);
    await settled('third', 'third', 'third');
    expect(await failuresSince(marks)).toEqual(none);
  });

  function recreate(addresses: readonly string[]): void {
    endpointId = estate.world.recreateEndpoint(endpointId, {
      interfaces: addresses.map((ip, index) => ({ ip, zoneId: `use1-az${index + 1}` })),
    }).id;
  }
});
