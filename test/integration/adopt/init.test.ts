import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { loadConfig } from '#config/file';
import { main } from '#sync/cli/main';
import { runCli } from '../../support/cli';
import { type Estate, openEstate } from '../../support/estate';

let estate: Estate;
let file: string;
let reached: readonly string[];

async function open(planes: readonly string[]): Promise<void> {
  estate = await openEstate(planes.map((name) => ({ name })));
  file = join(estate.folder, 'first.yaml');
  reached = ['-c', file, '--address', estate.konnect.url, '--endpoint', estate.aws.url];
}

beforeEach(() => open(['prod']));

afterEach(() => estate.close());

const init = (...argv: readonly string[]) => runCli(['init', ...reached, ...argv], estate.env);

/** Runs it as a person at a terminal, who answers each question. */
async function ask(argv: readonly string[], answers: Readonly<Record<string, boolean>>) {
  const told = { out: '', err: '', asked: [] as string[] };
  const terminal = {
    env: { ...estate.env, AWS_REGION: 'us-east-1' },
    isTerminal: true,
    out: (text: string) => {
      told.out += text;
    },
    err: (text: string) => {
      told.err += text;
    },
    confirm: async (question: string) => {
      told.asked.push(question);
      return Object.entries(answers).find(([part]) => question.includes(part))?.[1] ?? true;
    },
  };
  const exitCode = await main(['init', ...reached, ...argv], { terminal, signal: new AbortController().signal });
  return { exitCode, ...told };
}

describe('init', () => {
  it('writes a commented configuration that the other verbs accept, and ends with doctor', async () => {
    estate.addEndpoint('sd2', ['10.0.1.11'], { state: 'available' });

    const { exitCode, out } = await init('--region', 'us-east-1');
    const diff = await runCli(['diff', '-c', file], estate.env);

    expect(exitCode).toBe(0);
    expect(out).toContain(`wrote ${file}`);
    expect(out).toMatch(/CHECK +RESULT +DETAIL/);
    expect(readFileSync(file, 'utf8')).toContain(
      '# us-east-1: 1 endpoints, 1 tagged, 0 that services written by hand lead to',
    );
    expect(loadConfig({ path: file, env: estate.env })).toMatchObject({
      owner: 'prod',
      sources: [{ name: 'hub', type: 'vpc-endpoints', regions: ['us-east-1'] }],
      policy: { mode: 'upsert-only' },
    });
    expect(diff.exitCode).toBe(2);
    expect(diff.out).toContain('10.0.1.11:80');
    expect(readFileSync(file, 'utf8')).not.toContain(estate.env.KONNECT_TOKEN);
    expect(estate.konnect.calls.filter(({ method }) => method !== 'GET')).toEqual([]);
  });

  it('allows loopback addresses where AWS is on loopback: the sandbox has no others', async () => {
    estate.addEndpoint('sd2', ['127.20.5.11'], { state: 'available' });

    const { exitCode, out } = await init('--region', 'us-east-1');
    const diff = await runCli(['diff', '-c', file], estate.env);

    expect(exitCode).toBe(0);
    expect(out).toContain('domains: 1, quarantined: 0');
    expect(diff.out).toContain('127.20.5.11:80');
  });

  it('counts the endpoints behind services that people wrote by hand', async () => {
    const id = estate.addEndpoint('unused', ['10.0.1.11'], { state: 'available' });
    estate.world.setTags(id, {});
    estate.konnect.seed('prod', 'services', { name: 'orders', host: estate.world.endpoint(id)?.dnsNames[0] ?? '' });

    const { out } = await init('--region', 'us-east-1', '--json');

    expect(JSON.parse(out)).toMatchObject({
      path: file,
      owner: 'prod',
      controlPlane: 'prod',
      regions: [{ region: 'us-east-1', endpoints: 1, tagged: 0, adoptable: 1 }],
      checks: expect.arrayContaining([expect.objectContaining({ check: 'control plane', result: 'ok' })]),
    });
  });

  it('takes the region from the environment where AWS does not list its regions', async () => {
    estate.addEndpoint('sd2', ['10.0.1.11'], { state: 'available' });

    const { exitCode } = await runCli(['init', ...reached], { ...estate.env, AWS_REGION: 'us-east-1' });

    expect(exitCode).toBe(0);
    expect(loadConfig({ path: file, env: estate.env }).sources).toMatchObject([{ regions: ['us-east-1'] }]);
  });

  it('asks a person for the control plane, for each region and before it writes', async () => {
    await estate.close();
    await open(['dev', 'prod']);
    estate.addEndpoint('sd2', ['10.0.1.11'], { state: 'available' });

    const { exitCode, asked } = await ask([], { 'control plane dev': false });

    expect(exitCode).toBe(0);
    expect(asked).toEqual([
      'Write to control plane dev?',
      'Write to control plane prod?',
      'Read region us-east-1 (1 endpoints)?',
      `Write ${file}?`,
    ]);
    expect(readFileSync(file, 'utf8')).toContain('name: "prod"');
  });

  it('writes nothing where a person answers no', async () => {
    const { exitCode, err } = await ask(['--region', 'us-east-1'], { 'Write /': false });

    expect(exitCode).toBe(1);
    expect(err).toContain('was not written, because the answer was no');
    expect(existsSync(file)).toBe(false);
  });

  it('replaces no file, and makes no call', async () => {
    writeFileSync(file, 'owner: mine\n');

    const { exitCode, err } = await init('--region', 'us-east-1');

    expect(exitCode).toBe(1);
    expect(err).toContain(`${file} exists already, and init never replaces a file; name another file with -c`);
    expect(readFileSync(file, 'utf8')).toBe('owner: mine\n');
    expect(estate.konnect.calls).toEqual([]);
  });

  it('names the variable that lacks the token', async () => {
    const { exitCode, err } = await runCli(['init', ...reached, '--token-variable', 'KONG_PAT'], estate.env);

    expect(exitCode).toBe(1);
    expect(err).toContain(
      'the environment has no KONG_PAT, the token of Konnect; create a personal or system access token',
    );
    expect(existsSync(file)).toBe(false);
  });

  it('says that Konnect refused the token', async () => {
    const { exitCode, err } = await runCli(['init', ...reached], { KONNECT_TOKEN: 'kpat_wrong' });

    expect(exitCode).toBe(1);
    expect(err).toContain('[CONTROL_PLANE_AUTH]');
  });

  it('says that the token sees no control plane', async () => {
    await estate.close();
    await open([]);

    const { exitCode, err } = await init('--region', 'us-east-1');

    expect(exitCode).toBe(1);
    expect(err).toContain(
      `the token sees no control plane at ${estate.konnect.url} that can be written; give the token a role`,
    );
    expect(existsSync(file)).toBe(false);
  });

  it('names the control planes in a pipe when there are several or the name is wrong', async () => {
    await estate.close();
    await open(['dev', 'prod']);

    const several = await init('--region', 'us-east-1');
    const wrong = await init('--region', 'us-east-1', '--control-plane', 'stage');
    const right = await init('--region', 'us-east-1', '--control-plane', 'dev');

    expect(several.err).toContain('the token sees several control planes; name one with --control-plane: dev, prod');
    expect(wrong.err).toContain(
      '--control-plane stage: the token sees no control plane of that name; name one of dev, prod',
    );
    expect(right.exitCode).toBe(0);
  });

  it('says that there are no credentials, and writes nothing', async () => {
    estate.aws.inject({ kind: 'unknownKey' });

    const { exitCode, err } = await init('--region', 'us-east-1');

    expect(exitCode).toBe(1);
    expect(err).toContain('no region can be read: ');
    expect(err).toContain('[CREDENTIALS]');
    expect(existsSync(file)).toBe(false);
  });

  it('says that no region holds an endpoint where nobody named a region', async () => {
    const { exitCode, err } = await runCli(['init', ...reached], { ...estate.env, AWS_REGION: 'us-east-1' });

    expect(exitCode).toBe(1);
    expect(err).toContain(
      'no region that was read holds a VPC endpoint to use; name the regions to read with --region',
    );
  });

  it('leaves out an unreadable region, and says so', async () => {
    estate.addEndpoint('sd2', ['10.0.1.11'], { state: 'available' });
    estate.aws.inject({ kind: 'throttle', region: 'us-west-2' });

    const { exitCode, err } = await init('--region', 'us-east-1', '--region', 'us-west-2');

    expect(exitCode).toBe(0);
    expect(err).toContain('region us-west-2 is left out: ');
    expect(loadConfig({ path: file, env: estate.env }).sources).toMatchObject([{ regions: ['us-east-1'] }]);
  });

  it.each([
    [['--region', 'mars'], '--region mars: an AWS region, such as us-east-1'],
    [['--region', 'us-east-1', '--owner', 'a b'], '--owner a b: not a valid owner'],
  ])('refuses %s', async (argv, said) => {
    const { exitCode, err } = await init(...argv);

    expect(exitCode).toBe(1);
    expect(err).toContain(said);
    expect(existsSync(file)).toBe(false);
  });

  it('names the missing folder', async () => {
    const nowhere = join(estate.folder, 'absent', 'first.yaml');

    const { exitCode, err } = await runCli(
      ['init', '-c', nowhere, ...reached.slice(2), '--region', 'us-east-1'],
      estate.env,
    );

    expect(exitCode).toBe(1);
    expect(err).toContain(`cannot write ${nowhere}`);
  });
});
