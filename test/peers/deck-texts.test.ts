import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { z } from 'zod';
import { parseBase } from '#deck/file/base';
import { renderText } from '#deck/file/write';
import { exitCodeOfSync } from '#sync/cli/exit-codes';
import { connectDeck } from '#sync/control-planes/deck-cli/control-plane';
import { planOnce } from '#sync/pass/plan-once';
import { runOnce } from '#sync/pass/run-once';
import { endpointOf, knownScope, snapshotOf } from '../support/builders';
import { deckBinary, describeWithDeck, runDeck } from '../support/control-planes/deck';
import { owner, type Stage, signal, startStage, token } from '../support/control-planes/konnect';
import { trickyTexts } from '../support/deck-yaml';
import { createPasses } from '../support/passes';

const head = '_format_version: "3.0"\n';
const names = trickyTexts.filter((text) => text !== '');
const config = { texts: trickyTexts, keys: Object.fromEntries(trickyTexts.map((text) => [text, 1])), n: 1, b: false };

/** JSON is YAML, with escapes in place of what no YAML may hold as it is. */
function asJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[\x7f-\u{d7ff}\ue000-\uffff]/gu,
    (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

const dumped = z.looseObject({
  consumers: z.array(z.looseObject({ username: z.string(), custom_id: z.string() })).default([]),
  plugins: z.array(z.looseObject({ name: z.string(), config: z.record(z.string(), z.json()) })).default([]),
});

describeWithDeck('texts and templates through decK', () => {
  let stage: Stage;
  let folder: string;

  beforeEach(async () => {
    stage = await startStage();
    folder = mkdtempSync(join(tmpdir(), 'deck-texts-'));
  });

  afterEach(async () => {
    await stage.konnect.close();
    rmSync(folder, { recursive: true });
  });

  async function deck(env: Readonly<Record<string, string>>, ...argv: readonly string[]): Promise<string> {
    const place = { DECK_KONNECT_ADDR: stage.konnect.url, DECK_KONNECT_TOKEN: token };
    const { exitCode, out, err } = await runDeck(argv, { ...place, ...env });
    expect({ exitCode, err }).toEqual({ exitCode: 0, err: '' });
    return out;
  }

  /** The control plane's content after decK validated and wrote the file with this base file. */
  async function throughDeck(text: string, env: Readonly<Record<string, string>> = {}) {
    const file = join(folder, 'kong.yaml');
    const base = parseBase([{ path: 'base.yaml', text: head + text }]);
    writeFileSync(file, renderText([], { owner, controlPlaneName: 'prod', base }));
    await deck(env, 'file', 'validate', file);
    await deck(env, 'gateway', 'sync', file);
    const diff = await deck(env, 'gateway', 'diff', file, '--non-zero-exit-code');
    expect(diff).toMatch(/Created: 0\s+Updated: 0\s+Deleted: 0/);
    const argv = ['gateway', 'dump', '--yes', '--format', 'json', '--output-file', '-'];
    return dumped.parse(JSON.parse(await deck({}, ...argv, '--konnect-control-plane-name', 'prod')));
  }

  it('fm-57 reach the control plane unchanged from the base file', async () => {
    const consumers = names.map((text, index) => ({ username: `${index} ${text}`, custom_id: text }));
    const plugins = [{ name: 'pre-function', config }];

    const held = await throughDeck(`plugins: ${asJson(plugins)}\nconsumers: ${asJson(consumers)}\n`);

    expect(held.plugins.map((one) => one.config)).toEqual([config]);
    expect(held.consumers.map((one) => one.custom_id).sort()).toEqual([...names].sort());
  });

  it('fm-57 reach the control plane unchanged from the configuration, even for a domain named no', async () => {
    const oidc = { ...config, cache_tokens_salt: 'off' };
    const settings = { no: { plugins: [{ name: 'openid-connect', config: oidc }] } };
    const connected = { type: 'deck', address: stage.konnect.url, name: 'prod', token, binary: deckBinary() } as const;
    const controlPlane = connectDeck(connected, owner, { env: { PATH: process.env.PATH, HOME: folder } });
    const endpoints = ['no', 'sd2'].map((domain) =>
      endpointOf({ domain, id: `vpce-${domain}`, paths: [`/${domain}`] }),
    );
    const passOver = (plane: typeof controlPlane | typeof stage.plane) => ({
      ...createPasses({ owner, clock: stage.clock, controlPlane: plane, settings }).deps,
      discover: async () => snapshotOf(knownScope(endpoints)),
    });

    expect(exitCodeOfSync(await runOnce(passOver(controlPlane), signal))).toBe(0);

    expect(
      stage.konnect
        .entities('prod', 'services')
        .map((one) => one.name)
        .sort(),
    ).toEqual(['no', 'sd2']);
    expect(stage.konnect.entities('prod', 'plugins')).toMatchObject([{ config: oidc }]);
    expect((await planOnce(passOver(controlPlane), signal)).report.changes).toEqual([]);
    expect((await planOnce(passOver(stage.plane), signal)).report.changes).toEqual([]);
  });

  const spaced = trickyTexts.filter((text) => /^[ -~]+$/.test(text));
  it.each([
    ['single', "'", spaced.filter((text) => !text.includes("'"))],
    ['double', '"', spaced.filter((text) => !/["\\]/.test(text))],
  ])('fm-58 reach the control plane unchanged from templates in %s quotes', async (_, mark, values) => {
    const env = Object.fromEntries(values.map((value, index) => [`DECK_T${index}`, value]));
    const templates = values.map((_value, index) => `${mark}$\{{ env "DECK_T${index}" }}${mark}`);
    const lines = templates.map((one, index) => `- username: u${index}\n  custom_id: ${one}\n`).join('');

    const held = await throughDeck(
      `consumers:\n${lines}plugins: [{ name: opa, config: { texts: [${templates.join(', ')}] } }]\n`,
      env,
    );

    expect(held.consumers.map((one) => one.custom_id).sort()).toEqual([...values].sort());
    expect(held.plugins.map((one) => one.config)).toEqual([{ texts: values }]);
  });

  it('fm-58 get the types of decK from other templates: numbers, lists, texts of several lines', async () => {
    const env = {
      DECK_N: '8',
      DECK_L: 'a, b',
      DECK_C: 'one\n two\nthree',
      DECK_J: '{"x": ["off"]}',
      DECK_K: 'pass #word',
    };

    const held = await throughDeck(
      `plugins:
  - name: opa
    config:
      number: $\{{ env "DECK_N" | toInt }}
      plain: $\{{ env "DECK_N" }}
      list: [ $\{{ env "DECK_L" }} ]
      cert: |
        $\{{ env "DECK_C" | indent 8 }}
      json: $\{{ env "DECK_J" }}
      key: "a $\{{ env "DECK_K" }}: b"
`,
      env,
    );

    expect(held.plugins.map((one) => one.config)).toEqual([
      {
        number: 8,
        plain: 8,
        list: ['a', 'b'],
        cert: 'one\n two\nthree\n',
        json: { x: ['off'] },
        key: 'a pass #word: b',
      },
    ]);
  });

  it('fm-59 can be read from an old file after the command from the error message', async () => {
    const old = join(folder, 'old.yaml');
    writeFileSync(
      old,
      '_format_version: "1.1"\nservices: [{ name: a, host: b, routes: [{ name: r, paths: ["/a/\\\\d+$"] }] }]\n',
    );
    const command = 'deck file convert --from kong-gateway-2.x --to kong-gateway-3.x';
    expect(() => parseBase([{ path: 'old.yaml', text: '_format_version: "1.1"\n' }])).toThrow(command);

    const converted = join(folder, 'new.yaml');
    await runDeck([...command.split(' ').slice(1), '--input-file', old, '--output-file', converted]);

    const { entities } = parseBase([{ path: 'new.yaml', text: readFileSync(converted, 'utf8') }]);
    expect(entities.find((one) => one.kind === 'route')?.fields.paths).toEqual(['~/a/\\d+$']);
  });
});
