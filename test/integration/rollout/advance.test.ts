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

/** Recreates a control plane under its name, after its deletion. */
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
  it('moves a revision from stage to stage, each after the trial of the stage before', async () => {
    use([]);

    const { exitCode, stages, err } = await sync();

    expect({ err, exitCode, steps: stepsOf(stages) }).toMatchObject({ exitCode: 0, steps: ['done', 'done', 'done'] });
    expect(inEach(targetsOf)).toEqual([['10.0.1.11:80'], ['10.0.1.11:80'], ['10.0.1.11:80']]);
    expect(firstAsked('canary')).toBeLessThan(firstAsked('blue'));
    expect(firstAsked('blue')).toBeLessThan(firstAsked('green'));
  });

  it('is done after another pass wrote the missing part', async () => {
    use([]);
    estate.konnect.inject({ kind: 'status', status: 400, method: 'PUT', path: /targets/ });

    const { exitCode, stages } = await sync();

    expect([exitCode, stepsOf(stages)]).toEqual([0, ['done', 'done', 'done']]);
    expect(inEach(targetsOf)).toEqual([['10.0.1.11:80'], ['10.0.1.11:80'], ['10.0.1.11:80']]);
  });

  it('fm-72 halts at the first failed gate, rolls its stage back, and updates addresses in all stages', async () => {
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

  it('fm-73 rolls back in the next process when the process before ended with the verdict', async () => {
    use([]);
    await sync();
    use(bad, { onFailure: 'halt' });
    const halted = await sync();
    use(bad);

    const { exitCode, stages } = await sync();

    expect([halted.exitCode, stepsOf(halted.stages)]).toEqual([3, ['halted', 'waits', 'waits']]);
    expect([exitCode, stepsOf(stages), pluginsOf('canary')]).toEqual([3, ['back', 'waits', 'waits'], []]);
  });

  it('repeats the trial of a control plane that was recreated under its name', async () => {
    use([]);
    await sync();
    await makeAnew('canary');
    const before = estate.asked.length;

    const { exitCode } = await sync();

    expect([exitCode, estate.asked.length > before, targetsOf('canary')]).toEqual([0, true, ['10.0.1.11:80']]);
  });

  it('goes on after the rolled back configuration has changed', async () => {
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
  it('ends with 1 where the configuration has no rollout', async () => {
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

  it('waits for an approval, writes nothing to later stages, and goes on after the approval', async () => {
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

  it('begins no stage while the rollout is paused, or frozen', async () => {
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

  it('repeats a rolled back trial on the order retry', async () => {
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

  it('skips a stage for the present change, and for no other change', async () => {
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

  it('rolls an aborted change back in every stage that has it', async () => {
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

  it('rolls back nothing of an earlier change where the present change has not begun', async () => {
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

  it("shows with --dry-run the plan of each stage and the gates' answers, and writes nothing", async () => {
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
