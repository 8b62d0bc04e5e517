import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { fields, parsePluginConfig } from '../../../plugin/schema';
import { schemaLua } from '../../../plugin/schema-text';

describe('the plugin schema', () => {
  it('is what deck/schema.lua holds: run `npm run generate` after a change', () => {
    expect(readFileSync(join(__dirname, '../../../deck/schema.lua'), 'utf8')).toBe(schemaLua());
  });

  it('gives the parser the same defaults as Kong', () => {
    const defaults = Object.fromEntries(
      fields.flatMap((field) => (field.default === undefined ? [] : [[field.name, field.default]])),
    );

    expect(parsePluginConfig({ domain: 'sd2' })).toEqual({ domain: 'sd2', ...defaults });
  });

  it('ignores fields of another version and takes null for absent', () => {
    expect(parsePluginConfig({ domain: 'sd2', retired_field: 1, host_header: null })).toMatchObject({ domain: 'sd2' });
  });

  it.each([
    [{}],
    [{ domain: '' }],
    [{ domain: 'sd2', mode: 'magic' }],
    [{ domain: 'sd2', max_stale_seconds: -1 }],
    [null],
    ['text'],
  ])('refuses %j', (config) => {
    expect(parsePluginConfig(config)).toBeUndefined();
  });
});
