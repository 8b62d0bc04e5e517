import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { configJsonSchemaText } from '#config/printed/json-schema';
import { schemaLua } from '#plugin/schema/lua';
import { runCli } from '../../support/cli';
import { defaultConfig, type Estate, openEstate } from '../../support/estate';

let estate: Estate;

beforeEach(async () => {
  estate = await openEstate();
});

afterEach(() => estate.close());

function puts(): readonly string[] {
  return estate.konnect.calls
    .filter((call) => call.method === 'PUT')
    .map((call) => call.path.split('/core-entities/')[1]?.replace(/[0-9a-f-]{36}/g, 'ID') ?? '');
}

describe('schema', () => {
  it('prints the schema, without configuration', async () => {
    const { exitCode, out } = await runCli(['schema']);

    expect(exitCode).toBe(0);
    expect(out).toBe(schemaLua());
  });

  it('prints that of the configuration, without one', async () => {
    const [text, json] = [await runCli(['schema', '--config']), await runCli(['schema', '--json', '--config'])];

    expect([text.exitCode, text.out]).toEqual([0, configJsonSchemaText()]);
    expect(
      json.out
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toEqual([JSON.parse(text.out)]);
  });

  it.each([
    [['--config', '--upload'], 'a control plane takes no schema of the configuration; name the configuration file'],
    [['--config', '', '--upload'], 'That is no value'],
  ])('refuses %j', async (flags, said) => {
    const { exitCode, err } = await runCli(['schema', ...flags]);

    expect(exitCode).toBe(1);
    expect(err).toContain(said);
  });

  it('puts it into the control plane once', async () => {
    const first = await estate.run('schema', '--upload');
    const second = await estate.run('schema', '--upload');

    expect([first.exitCode, second.exitCode]).toEqual([0, 0]);
    expect([first.out, second.out]).toEqual([
      'uploaded the schema of privatelink\n',
      'the schema of privatelink is as it should be\n',
    ]);
    expect(puts()).toEqual(['plugin-schemas/privatelink']);
  });

  it('ends with 1 when the token may not', async () => {
    estate.konnect.inject({ kind: 'status', status: 403, method: 'PUT' });

    const { exitCode, err } = await estate.run('schema', '--upload');

    expect(exitCode).toBe(1);
    expect(err).toContain('[CONTROL_PLANE_AUTH]');
  });
});

describe('the order of a release', () => {
  beforeEach(() => {
    estate.configure(`${defaultConfig(estate)}domains: { sd2: { plugins: [{ name: privatelink, config: {} }] } }\n`);
    estate.addEndpoint('sd2', ['10.0.1.11']);
  });

  it('uploads the schema before anything else when the first plugin entity is made', async () => {
    const { exitCode } = await estate.run('sync');

    expect(exitCode).toBe(0);
    expect(puts()[0]).toBe('plugin-schemas/privatelink');
    expect(puts().slice(-2)).toEqual(['plugins/ID', 'routes/ID']);
  });

  it('compares the schema before an entity of the plugin is updated, too, and uploads it only where it differs', async () => {
    await estate.run('sync');
    estate.configure(
      `${defaultConfig(estate)}domains: { sd2: { plugins: [{ name: privatelink, config: { affinity: none } }] } }\n`,
    );
    estate.konnect.resetCalls();

    await estate.run('sync');

    expect(estate.konnect.calls.some((call) => call.path.includes('plugin-schemas'))).toBe(true);
    expect(puts()).toEqual(['plugins/ID']);
  });

  it('asks for no schema in a pass that makes no plugin entity', async () => {
    await estate.run('sync');
    estate.addEndpoint('sd3', ['10.0.1.12']);
    estate.konnect.resetCalls();

    await estate.run('sync');

    expect(estate.konnect.calls.some((call) => call.path.includes('plugin-schemas'))).toBe(false);
  });

  it('says so when the schema cannot be uploaded, and goes on with what needs none', async () => {
    estate.konnect.inject({ kind: 'status', status: 422, method: 'PUT', path: /plugin-schemas/ });

    const { exitCode, out } = await estate.run('sync');

    expect(exitCode).toBe(4);
    expect(out).toContain('warning the schema of plugin privatelink could not be uploaded');
    expect(estate.konnect.entities('prod', 'routes')).toHaveLength(1);
  });

  it('tells what share of the data planes runs the new configuration', async () => {
    estate.konnect.reportNode('prod', { id: 'a', hostname: 'a', configHash: 'old' });

    const { out } = await estate.run('sync');

    expect(out).toContain('0 of 1 data planes run the new configuration');
  });
});
