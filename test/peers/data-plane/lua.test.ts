import { execFileSync, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { zonePluginName, zoneUpstreamName } from '#core/names';
import { pluginPriority, pluginVersion } from '#plugin/schema/schema';
import { describeUnlessLacking } from '../../support/needing';

/** The plugin in Lua, run by the Lua that Kong is made of, with a `kong` that tells what was asked of it. */

const folder = join(__dirname, '../../../plugin/lua/kong/plugins', zonePluginName);

const program = `
local handler_path, setting, zone, requests = arg[1], arg[2], loadstring("return " .. arg[3])(), tonumber(arg[4])
local service = {
  set_upstream = function(name)
    print("asked " .. name)
    if setting == "throws" then error("no balancer") end
    if setting == "unknown" then return nil, "could not find an Upstream" end
    return true
  end,
}
kong = {
  service = setting ~= "strict" and service or {},
  log = setting ~= "without a log" and { notice = function(...) print("said " .. table.concat({ ... })) end } or nil,
}
local handler = assert(loadfile(handler_path))()
print("priority " .. handler.PRIORITY .. " version " .. handler.VERSION)
for name in pairs(handler) do if name == name:lower() then print("phase " .. name) end end
for _ = 1, requests do handler:access({ domain = "sd2", zone_id = zone }) end
print("done")
`;

/** `setting`: what this Kong does. `zone`: an expression of Lua. */
type Run = {
  readonly setting?: 'known' | 'unknown' | 'throws' | 'strict' | 'without a log';
  readonly zone: string;
  readonly requests?: number;
};

function linesOf({ setting = 'known', zone, requests = 1 }: Run): readonly string[] {
  const argv = ['-', join(folder, 'handler.lua'), setting, zone, String(requests)];
  const [head, phase, ...lines] = execFileSync('luajit', argv, { input: program, encoding: 'utf8' }).trim().split('\n');
  expect([head, phase, lines.pop()]).toEqual([
    `priority ${pluginPriority} version ${pluginVersion}`,
    'phase access',
    'done',
  ]);
  return lines;
}

const name = zoneUpstreamName('use1-az1', 'sd2');
const stays = 'said privatelink-zone: requests stay with the upstream of all zones: ';
const withoutZone = `${stays}this data plane has no zone id, such as use1-az1`;

const lacking = spawnSync('luajit', ['-v']).error
  ? 'there is no LuaJIT. To run it: put luajit on PATH (apt-get install luajit)'
  : undefined;

describeUnlessLacking(lacking, `the plugin ${zonePluginName} in LuaJIT`, () => {
  it('asks for the upstream of its zone, and says nothing', () => {
    expect(linesOf({ zone: '"use1-az1"', requests: 2 })).toEqual([`asked ${name}`, `asked ${name}`]);
  });

  it.each([
    ['nil', 'nil'],
    ['empty, as Kong makes an unset variable', '""'],
    ['a number', '7'],
    ['a table, as null is', '{}'],
    ['a reference that nobody resolved', '"{vault://env/kong-privatelink-zone-id}"'],
    ['of several labels', '"use1-az1.sd3"'],
    ['with a space', '"use1-az1 "'],
    ['of two lines', '"use1-az1\\nuse1-az2"'],
  ])('asks for nothing where the zone is %s, and says why once', (_, zone) => {
    expect(linesOf({ zone, requests: 3 })).toEqual([withoutZone]);
  });

  it.each(['USE1-AZ1', 'us-east-1a', 'usw2-az1'])(
    'leaves the request where it was for %s, and says why once',
    (zone) => {
      const asked = `asked ${zone}.sd2.privatelink`;

      expect(linesOf({ setting: 'unknown', zone: `"${zone}"`, requests: 3 })).toEqual([
        asked,
        `${stays}there is no upstream ${zone}.sd2.privatelink`,
        asked,
        asked,
      ]);
    },
  );

  it.each([
    ['throws', ['asked use1-az1.sd2.privatelink', expect.stringMatching(/no balancer$/)]],
    ['strict', [expect.stringMatching(/set_upstream/)]],
  ] as const)('never fails where set_upstream is %s, and says why once', (setting, lines) => {
    const said = linesOf({ setting, zone: '"use1-az1"', requests: 1 });

    expect(said).toEqual(lines);
    expect(said.at(-1)).toContain(stays);
    expect(
      linesOf({ setting, zone: '"use1-az1"', requests: 3 }).filter((line) => line.startsWith('said')),
    ).toHaveLength(1);
  });

  it('never fails where nothing can be said', () => {
    expect(linesOf({ setting: 'without a log', zone: '""', requests: 2 })).toEqual([]);
  });

  it('has a schema that loads no module, so that Konnect can stream it', () => {
    const script = 'require = nil; print(assert(loadfile(arg[1]))().name)';
    const out = execFileSync('luajit', ['-', join(folder, 'schema.lua')], { input: script, encoding: 'utf8' });

    expect(out.trim()).toBe(zonePluginName);
  });
});
