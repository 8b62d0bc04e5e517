import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { request } from 'undici';
import type { PluginServer } from '#sandbox/plugin-server/server';
import { type Beside, openBeside } from '../../support/kong/beside';
import { type Load, startLoad } from '../../support/kong/load';
import { startPlainKong } from '../../support/kong/plain-kong';
import { describeWithKong, freePorts } from '../../support/kong/real-kong';
import { describeUnlessLacking } from '../../support/needing';
import { until } from '../../support/until';

const programs = ['kong-privatelink-pluginserver', 'kong-js-pluginserver'] as const;

describeWithKong('a real Kong beside a plugin server that it does not start', () => {
  let stage: Beside;
  let server: PluginServer;

  /**
   * The results of this many requests in a row: each status, and for 200 the answering provider.
   */
  async function answersOf(count: number): Promise<readonly string[]> {
    const answers = new Set<string>();
    for (let asked = 0; asked < count; asked += 1) {
      const { statusCode, body } = await request(stage.url, { signal: AbortSignal.timeout(60_000) });
      const text = await body.text();
      answers.add(statusCode === 200 ? `200 ${JSON.parse(text)}` : String(statusCode));
    }
    return [...answers];
  }

  const isPicking = async () => (await answersOf(1))[0] === '200 picked';

  describe.each(programs)('%s', (program) => {
    beforeAll(async () => {
      stage = await openBeside(program);
      await until('the route is there', async () => (await answersOf(1))[0] !== '404');
    });

    afterAll(() => stage?.close());

    it('starts with the dump from a file, and logs that it does not manage the plugin server', async () => {
      const log = await stage.kong.log();

      expect(log).toContain('assuming external process management');
      expect(log).toContain('loaded #1 external plugins info');
      expect(log).not.toContain('starting pluginserver process');
    });

    it('answers 500 until the plugin server listens, and then uses the plugin', async () => {
      expect(await answersOf(10)).toEqual(['500']);

      server = await stage.start();
      await until('the plugin picks', isPicking);

      expect(await answersOf(20)).toEqual(['200 picked']);
    });

    it('uses the plugin again once a killed plugin server is back', async () => {
      stage.kill();
      await until('it is gone', async () => !(await isPicking()));

      server = await stage.start();
      await until('the plugin picks', isPicking);

      expect(await answersOf(20)).toEqual(['200 picked']);
    });
  });

  describe('our plugin server, over ProtoBuf:1', () => {
    let load: Load;

    beforeAll(async () => {
      stage = await openBeside('kong-privatelink-pluginserver');
      server = await stage.start();
      await until('the plugin picks', isPicking);
      load = startLoad(stage.url);
    });

    afterAll(async () => {
      await load?.close();
      await stage?.close();
    });

    const lives = () => server.log().split('"msg":"listening"').length - 1;

    it('fm-25 answers every request while its serving process is killed', async () => {
      await until('some are answered', () => load.answered(0) > 0);
      const before = lives();

      await stage.killServing();
      await until('another process serves', () => lives() > before);
      const mark = load.mark();
      await until('some are answered by it', () => load.answered(mark) > 10);

      expect(load.failures()).toEqual([]);
    });

    it('fm-25 answers every request while Kong reloads', async () => {
      const workers = async () => (await stage.kong.log()).split('exited with code 0').length;
      const [before, mark] = [await workers(), load.mark()];

      await stage.kong.reload();
      await until('the worker before has ended', async () => (await workers()) > before);
      const later = load.mark();
      await until('some are answered by the one after', () => load.answered(later) > 10);

      expect(load.failures(mark)).toEqual([]);
      expect(await answersOf(10)).toEqual(['200 picked']);
    });

    it('makes Kong answer 500 to every request while all its processes are down', async () => {
      stage.kill();
      await until('it is gone', async () => !(await isPicking()));

      expect(await answersOf(20)).toEqual(['500']);
    });
  });

  describe('the stock plugin server, over MsgPack:1', () => {
    beforeAll(async () => {
      stage = await openBeside('kong-js-pluginserver');
      server = await stage.start();
      await until('the plugin picks', isPicking);
      stage.kill();
    });

    afterAll(() => stage?.close());

    it("lets requests pass to the service's own upstream while it is down", async () => {
      await until('it is gone', async () => !(await isPicking()));

      expect(await answersOf(20)).toEqual(['200 own']);
    });

    // This comes first: a new nginx worker takes the first change after it without a new start of
    // instances (measured).
    it('makes Kong answer 500 while it is down, after any change of the configuration', async () => {
      await until('it is gone', async () => (await answersOf(1))[0] === '200 own');
      await stage.configure(50);
      await until('none passes', async () => (await answersOf(1))[0] === '500');

      expect(await answersOf(20)).toEqual(['500']);
    });

    it('makes Kong answer 500 while it is down, after a restart of an nginx worker', async () => {
      server = await stage.start();
      await until('the plugin picks', isPicking);
      stage.kill();
      await until('it is gone', async () => (await answersOf(1))[0] === '200 own');

      await stage.kong.reload();
      await until('none passes', async () => (await answersOf(1))[0] === '500');

      expect(await answersOf(20)).toEqual(['500']);
    });
  });
});

const lacking =
  'a Kong in a container takes minutes to say that it does not start. To run it: set KONG_BIN to a kong 3.x executable';

describeUnlessLacking(process.env.KONG_BIN ? undefined : lacking, 'a real Kong does not start', () => {
  let folder: string;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'kong-privatelink-'));
  });

  afterAll(() => rmSync(folder, { recursive: true }));

  it.each([
    [
      'the file with the dump is missing',
      { KONG_PLUGINSERVER_JS_QUERY_CMD: 'cat /nonexistent/plugins.json' },
      /plugin info/,
    ],
    ['the start command is empty', { KONG_PLUGINSERVER_JS_START_CMD: '' }, /pluginserver_js_start_cmd is not a string/],
  ])('when %s', async (name, variables, reason) => {
    const start = startPlainKong(join(folder, name.split(' ').at(-1) ?? ''), { ports: await freePorts(), variables });

    await expect(start).rejects.toThrow(reason);
  });
});
