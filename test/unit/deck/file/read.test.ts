import { describe, expect, it } from '@jest/globals';
import { settleClaims } from '#core/claims/settle';
import { renderDesired } from '#deck/desired';
import { parseBase } from '#deck/file/base';
import { parseDeckFile } from '#deck/file/read';
import { renderText } from '#deck/file/write';
import { endpointOf, knownScope, snapshotOf } from '../../../support/builders';

const owner = 'test';
const template = `$\{{ env "DECK_X" }}`;
const templates = {
  alone: template,
  amid: `"a" ${template}\n`,
  [template]: 'off',
  open: `$\{{ env`,
  end: '}}',
};

function documentWith(config: Readonly<Record<string, string>>) {
  const { domains } = settleClaims(snapshotOf(knownScope([endpointOf({ domain: 'no', paths: ['/no'] })])));
  const settings = { no: { plugins: [{ name: 'key-auth', config }] } };
  return renderDesired({ owner, domains, settings });
}

const pluginOf = (text: string) =>
  parseDeckFile(text, { path: 'kong.yaml', owner }).find((one) => one.kind === 'plugin')?.fields.config;

describe('a decK file that is read back', () => {
  it('fm-58 has its templates', () => {
    const document = documentWith(templates);
    const base = parseBase([
      {
        path: 'base.yaml',
        text: `_format_version: "3.0"\nconsumers: [{ username: "${template}", custom_id: ${template}, tags: [${template}] }]\n`,
      },
    ]);

    const text = renderText(document, { owner, base });

    expect(pluginOf(text)).toEqual(templates);
    expect(renderText(document, { owner, base })).toBe(text);
  });

  it('fm-57 may be written by an earlier version, without quotes', () => {
    const text = renderText(documentWith({ a: 'off', b: '1_000', c: template }), { owner });
    const earlier = text
      .replace(/"([^"\n]*)"(?=:|$)/gm, '$1')
      .replace('_format_version: 3.0', '_format_version: "3.0"');

    expect(earlier).toContain('name: no\n');
    expect(pluginOf(earlier.replace(/c: .*/, `c: ${template}`))).toEqual({ a: 'off', b: '1_000', c: template });
  });
});
