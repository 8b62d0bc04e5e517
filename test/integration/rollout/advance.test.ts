import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { stagedConfig, stageOf } from '../../support/estate';
import { bad, good, openStagedEstate, type StagedEstate } from '../../support/rollout/staged-estate';

const names = ['canary', 'blue', 'green'] as const;

let estate: StagedEstate;

beforeEach(async () => {
  estate = await openStagedEstate(names);
});

afterEach(() => estate.close());

const pluginsOf = (stage: string) => estate.pluginsOf(stage);
const use = (plugins: readonly object[], rollout?: object) => estate.use(plugins, rollout);
const firstAsked = (stage: string) => estate.asked.findIndex((one) => one.stage === stage);
const inEach = (of: (stage: string) => unknown) => names.map(of);
const targetsOf = (stage: string) => estate.konnect.entities(stage, 'targets').map((one) => one.target);

/** As after its control plane was deleted, and another one made with its name. */
async function makeAnew(stage: string): Promise<void> {
  const headers = { authorization: `Bearer ${estate.env.KONNECT_TOKEN}` };
  const planes = `${estate.konnect.url}/v2/control-planes`;
  const { data } = (await (await fetch(`${planes}?filter[name][eq]=${stage}`, { headers })).json()) as {
    data: readonly { id: string }[];
  };
  for (const kind of ['routes', 'services', 'upstreams'] as const)
    for (const { id } of estate.konnect.entities(stage, kind))
      await fetch(`${planes}/${data[0]?.id}/core-entities/${kind}/${id}`, { method: 'DELETE', headers });
  expect(inKinds(stage)).toBe(0);
}

const inKinds = (stage: string) =>
  (['routes', 'services', 'upstreams', 'targets'] as const).flatMap((kind) => estate.konnect.entities(stage, kind))
    .length;

async function sync() {
  const { exitCode, out, err } = await estate.run('sync', '--json');
  return { exitCode, err, stages: JSON.parse(out).stages as readonly { stage: string; progress: Progress }[] };
}

type Progress = { readonly step: string; readonly reason?: string };
const stepsOf = (stages: readonly { progress: Progress }[]) => stages.map(({ progress }) => progress.step);

describe('sync with a rollout', () => {
  it('brings a revision from stage to stage, each after the trial of the one before', async () => {
    use([]);

    const { exitCode, stages, err } = await sync();

    expect({ err, exitCode, steps: stepsOf(stages) }).toMatchObject({ exitCode: 0, steps: ['done', 'done', 'done'] });
    expect(inEach(targetsOf)).toEqual([['10.0.1.11:80'], ['10.0.1.11:80'], ['10.0.1.11:80']]);
    expect(firstAsked('canary')).toBeLessThan(firstAsked('blue'));
    expect(firstAsked('blue')).toBeLessThan(firstAsked('green'));
  });

  it('is done where what one pass could not write another one did', async () => {
    use([]);
    estate.konnect.inject({ kind: 'status', status: 400, method: 'PUT', path: /targets/ });

    const { exitCode, stages } = await sync();

    expect([exitCode, stepsOf(stages)]).toEqual([0, ['done', 'done', 'done']]);
    expect(inEach(targetsOf)).toEqual([['10.0.1.11:80'], ['10.0.1.11:80'], ['10.0.1.11:80']]);
  });

  it('fm-72 halts at the first stage whose gate fails, which goes back, and follows addresses in all', async () => {
    use([]);
    await sync();
    use(good);
    await sync();
    expect(inEach(pluginsOf)).toEqual([['rate-limiting'], ['rate-limiting'], ['rate-limiting']]);

    use(bad);
    estate.addEndpoint('sd2', ['10.0.1.99']);
    const { exitCode, stages } = await sync();
    const again = await sync();

    expect({ exitCode, steps: stepsOf(stages) }).toEqual({ exitCode: 3, steps: ['back', 'waits', 'waits'] });
    expect(stages[0]?.progress.reason).toMatch(/requests: .*503/);
    expect(inEach(pluginsOf)).toEqual([['rate-limiting'], ['rate-limiting'], ['rate-limiting']]);
    expect(inEach((name) => targetsOf(name).length)).toEqual([2, 2, 2]);
    expect({ exitCode: again.exitCode, steps: stepsOf(again.stages) }).toEqual({
      exitCode: 3,
      steps: ['back', 'waits', 'waits'],
    });
  });

  it('fm-73 goes back in the next process where the one before ended with the verdict', async () => {
    use([]);
    await sync();
    use(bad, { onFailure: 'halt' });
    const halted = await sync();
    use(bad);

    const { exitCode, stages } = await sync();

    expect([halted.exitCode, stepsOf(halted.stages)]).toEqual([3, ['halted', 'waits', 'waits']]);
    expect([exitCode, stepsOf(stages), pluginsOf('canary')]).toEqual([3, ['back', 'waits', 'waits'], []]);
  });

  it('tries again what a control plane holds that was made anew under its name', async () => {
    use([]);
    await sync();
    await makeAnew('canary');
    const before = estate.asked.length;

    const { exitCode } = await sync();

    expect([exitCode, estate.asked.length > before, targetsOf('canary')]).toEqual([0, true, ['10.0.1.11:80']]);
  });

  it('goes on once what was taken back is another thing', async () => {
    use([]);
    await sync();
    use(bad);
    await sync();

    use(good);
    const { exitCode, stages } = await sync();

    expect({ exitCode, steps: stepsOf(stages) }).toEqual({ exitCode: 0, steps: ['done', 'done', 'done'] });
    expect(inEach(pluginsOf)).toEqual([['rate-limiting'], ['rate-limiting'], ['rate-limiting']]);
  });
});

const run = (...argv: readonly string[]) => estate.run('rollout', ...argv);
const status = async () =>
  stepsOf(JSON.parse((await run('status', '--json')).out).stages.map((progress: Progress) => ({ progress })));

describe('rollout', () => {
  it('says that there is none where the configuration has none', async () => {
    estate.configure(
      stagedConfig(
        estate,
        names.map((name) => stageOf(estate, name)),
      ),
    );

    expect(await run('status')).toMatchObject({
      exitCode: 1,
      err: expect.stringContaining('the configuration has no rollout'),
    });
  });

  it('waits for a word where a stage needs one, writes nothing to later stages, and goes on after it', async () => {
    use([], { gates: { approval: ['canary'] } });

    const waiting = await run('--json');
    const steps = await status();
    const refused = await run('approve', 'blue');
    const approved = await run('approve', 'canary');
    const done = await run('--json');

    expect({ exitCode: waiting.exitCode, steps }).toEqual({ exitCode: 2, steps: ['approval', 'waits', 'waits'] });
    expect(refused).toMatchObject({ exitCode: 1, err: expect.stringContaining('nothing to approve') });
    expect([approved.exitCode, approved.out]).toEqual([0, expect.stringContaining('approved')]);
    expect({ exitCode: done.exitCode, steps: await status() }).toEqual({
      exitCode: 0,
      steps: ['done', 'done', 'done'],
    });
  });

  it('begins no stage while it is paused, or frozen', async () => {
    use([]);
    await run();
    use(good, { freeze: [{ days: ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] }] });
    const frozen = await run('--json');
    use(good);
    await run('pause');
    const paused = await run('--json');

    expect([frozen.exitCode, paused.exitCode, ...inEach(pluginsOf)]).toEqual([2, 2, [], [], []]);
    expect((await run('status')).out).toMatch(/^paused by /);
    await run('resume');
    expect((await run()).exitCode).toBe(0);
    expect(inEach(pluginsOf)).toEqual([['rate-limiting'], ['rate-limiting'], ['rate-limiting']]);
  });

  it('tries again what went back, when somebody says so', async () => {
    use([]);
    await run();
    use(bad);
    await run();
    const before = estate.asked.length;

    const said = await run('retry');
    const { exitCode } = await run();

    expect([said.exitCode, exitCode, estate.asked.length > before]).toEqual([0, 3, true]);
    expect([...inEach(pluginsOf), await status()]).toEqual([[], [], [], ['back', 'waits', 'waits']]);
  });

  it('passes over a stage for what later ones would get now, and for nothing else', async () => {
    use([]);
    await run();
    use(bad, { onFailure: 'halt' });
    await run();
    const halted = await status();

    await run('skip', 'canary');
    await run();
    use([...bad, ...good], { onFailure: 'halt' });
    await run();

    expect(halted).toEqual(['halted', 'waits', 'waits']);
    expect(inEach(pluginsOf)).toEqual([['request-termination', 'rate-limiting'], ['request-termination'], []]);
  });

  it('takes a change back wherever it is', async () => {
    use([]);
    await run();
    use(good, { gates: { approval: ['blue'] } });
    await run();
    const before = inEach(pluginsOf);

    const { exitCode, out } = await run('abort');

    expect(before).toEqual([['rate-limiting'], ['rate-limiting'], []]);
    expect([exitCode, out.match(/^Stage \w+ is back/gm)]).toEqual([0, ['Stage blue is back', 'Stage canary is back']]);
    expect(inEach(pluginsOf)).toEqual([[], [], []]);
    expect(await run('abort')).toMatchObject({ exitCode: 1 });
  });

  it('takes nothing back of an earlier change where the present one has not begun', async () => {
    use([]);
    await run();
    use(good);
    await run();
    use(bad);

    const { exitCode, err } = await run('abort');

    expect({ exitCode, err }).toEqual({
      exitCode: 1,
      err: expect.stringContaining('no stage runs the change'),
    });
    expect(inEach(pluginsOf)).toEqual([['rate-limiting'], ['rate-limiting'], ['rate-limiting']]);
  });

  it('shows with --dry-run what each would get, and what the gates say now, and writes nothing', async () => {
    use([]);
    await run();
    use(good);

    const { exitCode, out } = await run('--dry-run');
    const { stages } = JSON.parse((await run('--dry-run', '--json')).out);

    expect([exitCode, ...inEach(pluginsOf)]).toEqual([2, [], [], []]);
    expect(out).toMatch(/^requests +pass/m);
    expect(stages.map((one: { progress: Progress }) => one.progress.step)).toEqual(['due', 'waits', 'waits']);
  });
});
