import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parseBase } from '#deck/file/base';
import { renderText } from '#deck/file/write';
import { readAsDeck, trickyTexts } from '../../support/deck-yaml';

const words = [...trickyTexts, ...['# a', 'b', '\n', '${{', '}}', '"', "'", '\\', '- ', ': ', '{', '[', '<<', '*a']];
/** No half of a character, which no file has. */
const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.array(fc.constantFrom(...words), { minLength: 1, maxLength: 4 }).map((parts) => parts.join('')),
);
const { config } = fc.letrec<{ config: Record<string, unknown>; value: unknown }>((tie) => ({
  config: fc.dictionary(
    text.filter((key) => !key.includes('${{')),
    tie('value'),
    { maxKeys: 4, noNullPrototype: true },
  ),
  value: fc.oneof(
    { depthSize: 'small' },
    text,
    fc.oneof(fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true }), fc.boolean(), fc.constant(null)),
    fc.array(tie('value'), { maxLength: 4 }),
    tie('config'),
  ),
}));

/**
 * JSON, which is valid YAML, with escapes for characters that YAML forbids, and for decK's mark.
 */
function asJson(value: unknown): string {
  const escaped = (one: string) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return JSON.stringify(value).replace(/[\x7f-\u{d7ff}\ue000-\uffff]|\$(?=\{\{)/gu, escaped);
}

it('fm-57 fm-58 a base file keeps all its values for decK when it is rendered', () => {
  fc.assert(
    fc.property(config, (written) => {
      const file = { _format_version: '3.0', plugins: [{ name: 'opa', config: written }] };
      const base = parseBase([{ path: 'base.yaml', text: asJson(file) }]);

      const rendered = renderText([], { owner: 'test', base });

      expect(rendered).not.toContain('${{');
      expect(Object(readAsDeck(rendered)).plugins[0].config).toEqual(JSON.parse(JSON.stringify(written)));
    }),
    { numRuns: 500 },
  );
});

const template = fc.constantFrom(
  `$\{{ env "DECK_A" }}`,
  `$\{{ env \`DECK_A\` }}`,
  `$\{{- env "DECK_A" }}`,
  `$\{{env "DECK_A"}}`,
);
const around = fc
  .array(fc.constantFrom('a', ' b', '#', ' -', 'é', '1', '.'), { maxLength: 3 })
  .map((all) => all.join(''));
const layouts: readonly ((value: string) => string)[] = [
  (value) => `plugins:\n- name: opa\n  config:\n    a: ${value}\n`,
  (value) => `plugins:\n  - name: opa\n    config: { a: ${value}, b: 1 }\n`,
  (value) => `plugins: [{ name: opa, config: { a: ${value} } }]\n`,
  (value) => `_plugin_configs:\n  x: &x\n    a: ${value}\nplugins:\n- name: opa\n  config:\n    <<: *x\n`,
];

it('fm-58 a template keeps its quotes and the text around it, byte for byte, in every layout', () => {
  const scalar = fc.tuple(fc.constantFrom("'", '"'), around, template, around);
  fc.assert(
    fc.property(scalar, fc.constantFrom(...layouts), ([mark, before, one, behind], layout) => {
      const value = `${mark}${before}${one}${behind}${mark}`;
      const base = parseBase([{ path: 'base.yaml', text: `_format_version: "3.0"\n${layout(value)}` }]);

      const rendered = renderText([], { owner: 'test', base });

      expect(rendered).toContain(`"a": ${value}\n`);
      const filled = readAsDeck(rendered, { DECK_A: 'pass #word: [x' });
      expect(filled).toMatchObject({ plugins: [{ config: { a: `${before}pass #word: [x${behind}` } }] });
    }),
    { numRuns: 200 },
  );
});
