import { describe, expect, it } from '@jest/globals';
import { zoneSchemaLua } from '#plugin/schema/lua';
import { pluginPriority, pluginVersion } from '#plugin/schema/schema';
import { zoneHandlerLua, zonePluginConfigSchema } from '#plugin/schema/zone';

describe('the plugin in Lua', () => {
  it("takes its zone from the data plane's environment unless the configuration names another", () => {
    const { zone_id } = zonePluginConfigSchema.parse({ domain: 'sd2' });

    expect(zone_id).toBe('{vault://env/kong-privatelink-zone-id}');
    expect(zoneSchemaLua()).toMatch(
      /zone_id = \{.* type = "string", .*default = "\{vault:\/\/env\/kong-privatelink-zone-id\}", referenceable = true/,
    );
  });

  it('shares the upstream names, the priority and the version with the JavaScript plugin', () => {
    expect(zoneHandlerLua()).toContain('zone .. "." .. config.domain .. ".privatelink"');
    expect(zoneHandlerLua()).toContain(`PRIORITY = ${pluginPriority}, VERSION = "${pluginVersion}"`);
  });

  it.each([/\brequire\b/, /init_worker/, /timer/])(
    'holds no %s, because no control plane streams a plugin with it',
    (word) => {
      expect(zoneHandlerLua() + zoneSchemaLua()).not.toMatch(word);
    },
  );
});
