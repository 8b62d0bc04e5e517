import { describe, expect, it } from '@jest/globals';
import { schemaFields } from '#plugin/schema/lua';
import { parsePluginConfig } from '#plugin/schema/schema';

describe('the plugin schema', () => {
  it("is dumped in Kong's form, every field with its type, constraint and default", () => {
    expect(schemaFields()).toMatchObject([
      { domain: { type: 'string', required: true, len_min: 1 } },
      { mode: { type: 'string', required: true, default: 'auto', one_of: ['auto', 'target', 'upstream'] } },
      { affinity: { type: 'string', required: true, default: 'zone', one_of: ['zone', 'none'] } },
      { host_header: { type: 'string', required: false, len_min: 1, match: '^[!-~]+$' } },
      { on_unresolved: { default: 'fallthrough', one_of: ['fallthrough', 'reject'] } },
      { max_stale_seconds: { type: 'number', required: true, default: 3_600, between: [0, 86_400] } },
      { probe: { default: 'tcp', one_of: ['none', 'tcp', 'http', 'https'] } },
      { probe_path: { type: 'string', default: '/', match: '^/[!-~]*$' } },
      { probe_interval_seconds: { type: 'number', default: 5, between: [0.1, 3_600] } },
      { probe_timeout_seconds: { type: 'number', default: 1, between: [0.05, 60] } },
      { probe_fall: { type: 'integer', default: 2, between: [1, 100] } },
      { probe_rise: { type: 'integer', default: 1, between: [1, 100] } },
    ]);
  });

  it('ignores fields of another version, and takes null for absent', () => {
    expect(parsePluginConfig({ domain: 'sd2', retired_field: 1, host_header: null, mode: null })).toEqual(
      parsePluginConfig({ domain: 'sd2' }),
    );
  });

  it.each([
    [{}],
    [{ domain: '' }],
    [{ domain: 'sd2', mode: 'magic' }],
    [{ domain: 'sd2', max_stale_seconds: -1 }],
    [{ domain: 'sd2', probe_path: 'healthz' }],
    [{ domain: 'sd2', host_header: 'a.example\r\nx-injected: b' }],
    [{ domain: 'sd2', probe_fall: 1.5 }],
    [null],
    ['text'],
  ])('refuses %j', (config) => {
    expect(parsePluginConfig(config)).toBeUndefined();
  });
});
