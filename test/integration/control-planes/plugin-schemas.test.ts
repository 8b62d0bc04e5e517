import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { startKongAdmin } from '#sandbox/kong-admin/kong-admin';
import { defaultConfig, type Estate, openEstate } from '../../support/estate';

/**
 * What a control plane's own schemas say of the plugins of `domains`, before anything is written.
 */

let estate: Estate;

beforeEach(async () => {
  estate = await openEstate();
  estate.addEndpoint('sd2', ['10.0.1.11']);
});

afterEach(() => estate.close());

const wrong = `domains:
  sd2:
    plugins:
      - { name: rate-limitng, config: { minute: 5 } }
      - { name: rate-limiting, config: { minute: many, hour: 5, hours: 1 } }
      - { name: acl, config: { allow: [a] } }
`;

const unknown =
  'domains.sd2.plugins[0]: the control plane knows no plugin rate-limitng (did you mean rate-limiting?); correct the name, or install the plugin';
const misconfigured =
  /^domains\.sd2\.plugins\[1\]: .*config\.minute: expected a number.*config\.hours: unknown field.*; correct the configuration of plugin rate-limiting$/;

function configure(more: string, controlPlane?: string): void {
  const config = defaultConfig(estate);
  estate.configure(
    `${controlPlane ? config.replace(/controlPlane: .*/, `controlPlane: ${controlPlane}`) : config}${more}`,
  );
}

async function warningsOfDiff(): Promise<readonly string[]> {
  return JSON.parse((await estate.run('diff', '--json')).out).warnings;
}

async function pluginChecks() {
  const { exitCode, out } = await estate.run('doctor', '--json');
  const { checks } = JSON.parse(out) as { checks: { check: string; result: string; detail: string }[] };
  return {
    exitCode,
    checks: checks.filter(({ check }) => check === 'plugins').map(({ result, detail }) => [result, detail]),
  };
}

function validations(): number {
  return estate.konnect.calls.filter(({ path }) => path.endsWith('/schemas/plugins/validate')).length;
}

describe('plugins that the control plane would refuse', () => {
  it('are named by diff and doctor, with the nearest name', async () => {
    configure(wrong);

    expect(await warningsOfDiff()).toEqual([unknown, expect.stringMatching(misconfigured)]);
    expect(await pluginChecks()).toEqual({
      exitCode: 1,
      checks: [
        ['failed', unknown],
        ['failed', expect.stringMatching(misconfigured)],
      ],
    });
  });

  it.each([
    ['admin', true],
    ['dbless', false],
  ])('are named where the control plane is of type %s', async (type, hasDatabase) => {
    const kong = await startKongAdmin({ hasDatabase });
    configure(wrong, `{ type: ${type}, address: "${kong.url}" }`);

    const warnings = await warningsOfDiff();
    await kong.close();

    expect(warnings).toEqual([unknown, expect.stringMatching(misconfigured)]);
  });

  it('are checked once for each distinct configuration, and not without plugins', async () => {
    configure(`domains:
  sd2: { plugins: [{ name: acl, config: { allow: [a] } }] }
  sd3: { plugins: [{ name: acl, config: { allow: [a] } }, { name: jwt }] }
`);
    await estate.run('diff');
    expect(validations()).toBe(2);

    estate.konnect.resetCalls();
    configure('domains: { sd2: { plugins: [{ name: privatelink }] }, sd3: { plugins: [{ name: privatelink }] } }\n');
    await estate.run('diff');
    expect(validations()).toBe(1);

    estate.konnect.resetCalls();
    configure('');
    await estate.run('diff');
    expect(validations()).toBe(0);
  });
});

describe('plugins that are not there yet', () => {
  it('are accepted if they belong to this package: sync uploads their schema', async () => {
    configure('domains: { sd2: { plugins: [{ name: privatelink }] } }\n');

    expect(await warningsOfDiff()).toEqual([]);
    expect((await pluginChecks()).checks).toEqual([['ok', 'plugins that the control plane accepts: 1']]);
  });

  it('are accepted if a base file defines them', async () => {
    writeFileSync(
      join(estate.folder, 'base.yaml'),
      '_format_version: "3.0"\ncustom_plugins: [{ name: own, handler: a, schema: b }]\n',
    );
    configure('deck: { base: [base.yaml] }\ndomains: { sd2: { plugins: [{ name: own }, { name: other }] } }\n');

    expect((await warningsOfDiff()).filter((one) => one.includes('plugin'))).toEqual([
      'domains.sd2.plugins[1]: the control plane knows no plugin other; correct the name, or install the plugin',
    ]);
  });
});

it.each([404, 405])('says that plugins were not checked where the control plane answers %d', async (status) => {
  configure(wrong);
  estate.konnect.inject({ kind: 'status', status, path: /validate/, times: 9 });

  expect(await warningsOfDiff()).toEqual([
    'plugins were not checked: the control plane does not say which settings are allowed',
  ]);
  expect((await pluginChecks()).exitCode).toBe(0);
});

it('stops checking plugins once the control plane does not answer', async () => {
  const plugins = Array.from(
    { length: 12 },
    (_, minute) => `{ name: rate-limiting, config: { minute: ${minute + 1} } }`,
  );
  configure(`domains: { sd2: { plugins: [${plugins.join(', ')}] } }\n`);
  estate.konnect.inject({ kind: 'status', status: 403, path: /validate/, times: 99 });

  expect(await warningsOfDiff()).toEqual([expect.stringMatching(/^plugins were not checked: .*403/)]);
  expect(validations()).toBeLessThanOrEqual(4);
});

it('reports the error that stops diff, and no error of the plugin check', async () => {
  configure(wrong, `{ type: konnect, address: "${estate.konnect.url}", name: prod, token: wrong }`);

  const { exitCode, out } = await estate.run('diff', '--json');

  expect(exitCode).toBe(1);
  expect(JSON.parse(out)).toMatchObject({ error: { code: 'CONTROL_PLANE_AUTH' } });
});
