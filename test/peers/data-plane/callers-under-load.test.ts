import { readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { writeTable } from '#core/contracts/table';
import { askBy, type CallersAnswer, type CallersKong, startCallersKong } from '../../support/kong/callers-kong';
import { describeWithKong } from '../../support/kong/real-kong';
import { agentWith, frameOf, proxyFrame } from '../../support/network/proxy-protocol';
import { until } from '../../support/until';

/**
 * The plugin privatelink-callers on a real Kong: large tables, other plugins beside it, and changes
 * under load.
 */

const idOf = (index: number) => `vpce-${index.toString(16).padStart(17, '0')}`;

/** A table of so many endpoints, the first of consumer `sd1` in each of them. */
function tableOf(count: number, from = 0): string {
  const consumer = (index: number) => (index === 0 ? 'sd1' : `c${index % 100}`);
  return writeTable(
    Array.from({ length: count }, (_, index) => ({ consumer: consumer(from + index), endpointId: idOf(from + index) })),
  );
}

describeWithKong('the plugin privatelink-callers on a busy Kong', () => {
  let estate: CallersKong;

  beforeAll(async () => {
    estate = await startCallersKong();
  });

  /** What Kong logs of requests, a line of JSON each. */
  const file = join(tmpdir(), `kong-privatelink-callers-${process.pid}.log`);

  afterAll(async () => {
    await estate?.close();
    rmSync(file, { force: true });
  });

  const enforced = (callers: string, others = '') => ({ mode: 'enforce', on_missing: 'reject', callers, others });

  async function isAllowed(id: string): Promise<boolean> {
    return (await estate.ask(frameOf(id))).status === 200;
  }

  it('finds each of 10,000 endpoints in a table, and no others', async () => {
    await estate.configure(enforced(tableOf(10_000)));
    await until('Kong has its table', () => isAllowed(idOf(0)));

    const asked = [0, 1, 5_000, 9_999, 10_000, 10_001];
    const answers = await Promise.all(asked.map((index) => estate.ask(frameOf(idOf(index)))));

    expect(answers.map(({ told, status }) => told.join(' ') || status)).toEqual([
      `sd1 ${idOf(0)}`,
      `c1 ${idOf(1)}`,
      `c0 ${idOf(5_000)}`,
      `c99 ${idOf(9_999)}`,
      403,
      403,
    ]);
  });

  type Asker = { readonly seen: CallersAnswer[]; readonly failures: unknown[]; readonly end: () => Promise<void> };

  /** Asks without an end over a connection that begins with this frame. */
  function startAsker(frame: Buffer): Asker {
    const agent = agentWith(frame, estate.places.http);
    const [seen, failures]: [CallersAnswer[], unknown[]] = [[], []];
    let isOver = false;
    const asking = (async () => {
      while (!isOver) {
        await askBy(agent, { headers: ['X-Privatelink-Consumer', 'sd1'] }).then(
          (answer) => seen.push(answer),
          (thrown) => failures.push(thrown),
        );
      }
    })();
    const end = async () => {
      isOver = true;
      await asking;
      agent.destroy();
    };
    return { seen, failures, end };
  }

  const statuses = (asker: Asker, from = 0) => new Set(asker.seen.slice(from).map(({ status }) => status));

  it('fm-86 refuses every stranger and no allowed caller while tables change and the plugin server dies', async () => {
    const beside = { name: 'privatelink', config: { domain: 'egress' } };
    await estate.configure(enforced(tableOf(1_000)), [beside]);
    await until('Kong has its table', () => isAllowed(idOf(0)));
    const allowed = [0, 1].map((index) => startAsker(frameOf(idOf(index))));
    const strangers = [frameOf(idOf(70_000)), frameOf('vpce-0'), proxyFrame()].map(startAsker);
    const all = [...allowed, ...strangers];
    const more = () => {
      const marks = all.map(({ seen }) => seen.length);
      return until('each has asked again', () => all.every(({ seen }, index) => seen.length > (marks[index] ?? 0) + 5));
    };

    for (let round = 0; round < 12; round += 1) {
      // The first two endpoints stay. The others, and their refused ones, are new each time.
      const others = writeTable([{ consumer: 'x', endpointId: idOf(90_000 + round) }]);
      await estate.configure(enforced(`${tableOf(2 + 500 * (round % 4))}\n${tableOf(300, 20_000 + round)}`, others), [
        beside,
      ]);
      if (round % 4 === 1) await estate.kong.killPluginServer();
      await more();
    }
    await Promise.all(all.map(({ end }) => end()));

    expect(all.flatMap(({ failures }) => failures)).toEqual([]);
    expect(allowed.map((one) => [...statuses(one)])).toEqual([[200], [200]]);
    expect(strangers.map((one) => [...statuses(one)])).toEqual([[403], [403], [403]]);
    expect(new Set(allowed[0]?.seen.map(({ told }) => told.join(' ')))).toEqual(new Set([`sd1 ${idOf(0)}`]));
  });

  it('refuses a consumer that left the table, even on an open connection', async () => {
    await estate.configure(enforced(tableOf(2)));
    await until('Kong has its table', () => isAllowed(idOf(1)));
    const [staying, leaving] = [startAsker(frameOf(idOf(0))), startAsker(frameOf(idOf(1)))];
    await until('both are served', () => statuses(staying).has(200) && statuses(leaving).has(200));

    await estate.configure(enforced(tableOf(1)));
    await until('one is refused', () => statuses(leaving).has(403));
    const mark = leaving.seen.length;
    await until('it goes on', () => leaving.seen.length > mark + 50);
    await Promise.all([staying.end(), leaving.end()]);

    expect([...statuses(leaving, mark)]).toEqual([403]);
    expect([...statuses(staying)]).toEqual([200]);
  });

  it('runs before authentication and rate limiting, which read the consumer header', async () => {
    const keyAuth = {
      name: 'key-auth',
      config: { key_names: ['X-Privatelink-Consumer'], key_in_query: false, key_in_body: false },
    };
    const limited = { policy: 'local', limit_by: 'header', header_name: 'X-Privatelink-Consumer', hour: 3 };
    const consumers = ['sd1', 'c1'].map((name) => ({ username: name, keyauth_credentials: [{ key: name }] }));
    const cors = { name: 'cors', config: { origins: ['*'] } };
    await estate.configure(enforced(tableOf(2)), [keyAuth, { name: 'rate-limiting', config: limited }, cors], {
      consumers,
    });
    const ask = (id: string) => estate.ask(frameOf(id), { headers: ['X-Privatelink-Consumer', 'c1'] });
    await until(
      'Kong has its table',
      async () => (await ask(idOf(70_000))).status === 403 && (await ask(idOf(0))).status !== 404,
    );

    const [first, second] = [[], []] as [number[], number[]];
    for (let count = 0; count < 5; count += 1) {
      first.push((await ask(idOf(0))).status);
      second.push((await ask(idOf(1))).status);
    }
    const told = await estate.ask(frameOf(idOf(70_000)), { headers: ['X-Privatelink-Consumer', 'c1'] });
    const flight = ['Origin', 'http://a', 'Access-Control-Request-Method', 'GET'];
    const preflight = await estate.ask(frameOf(idOf(70_000)), { method: 'OPTIONS', headers: flight });

    expect(new Set(second.slice(0, 3))).toEqual(new Set([200]));
    expect([first.slice(3), second.slice(3)]).toEqual([
      [429, 429],
      [429, 429],
    ]);
    expect([told.status, told.body, preflight.status]).toEqual([403, expect.stringContaining('may not call'), 403]);
  });

  it('passes the consumer, the endpoint and the verdict to a logging plugin', async () => {
    const fileLog = { name: 'file-log', config: { path: file } };
    const config = { mode: 'observe', on_missing: 'allow', callers: tableOf(1), others: `x - ${idOf(9)}` };
    await estate.configure(config, [fileLog]);
    const logged = () =>
      readFileSync(file, 'utf8')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line).privatelink);
    await until('it is logged', async () => (await isAllowed(idOf(0))) && logged().length > 0);
    const before = logged().length;

    for (const frame of [frameOf(idOf(0)), frameOf(idOf(1)), frameOf(idOf(9)), proxyFrame()]) await estate.ask(frame);

    await until('all are logged', () => logged().length >= before + 4);
    expect(logged().slice(-4)).toEqual([
      { verdict: 'allowed', consumer: 'sd1', endpoint: idOf(0) },
      { verdict: 'observed', endpoint: idOf(1) },
      { verdict: 'refused', consumer: 'x', endpoint: idOf(9) },
      { verdict: 'missing' },
    ]);
  });

  it('refuses every caller when the table is broken, and logs the fault', async () => {
    await estate.configure({ mode: 'observe', on_missing: 'allow', callers: 'sd1' });
    await until('Kong has its table', async () => !(await isAllowed(idOf(0))));

    const answers = await Promise.all([frameOf(idOf(0)), proxyFrame()].map((frame) => estate.ask(frame)));

    expect(answers.map(({ status }) => status)).toEqual([403, 403]);
    expect(await estate.kong.log()).toContain('privatelink-callers: egress: its table cannot be read: refused (403)');
  });

  it('caused no error in the log of Kong, except for the intended faults', async () => {
    const errors = (await estate.kong.log()).split('\n').filter((line) => /\[(error|crit|alert)\]/.test(line));

    expect(
      errors.filter((line) => !/its table cannot be read|plugin ?server|privatelink-\d+-\d+\.sock/.test(line)),
    ).toEqual([]);
  });
});
