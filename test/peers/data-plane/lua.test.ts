import { execFileSync, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { zonePluginName, zoneUpstreamName } from '#core/names';
import { pluginPriority, pluginVersion } from '#plugin/schema/schema';
import { describeUnlessLacking } from '../../support/needing';

/** The plugin in Lua, run by Kong's Lua interpreter, with a `kong` that records its calls. */

const folder = join(__dirname, '../../../plugin/lua/kong/plugins', zonePluginName);

const program = `
local handler_path, setting, zone, requests = arg[1], arg[2], loadstring("return " .. arg[3])(), tonumber(arg[4])
local host = loadstring("return " .. arg[5])()
local service = {
  set_upstream = function(name)
    print("asked " .. name)
    if setting == "throws" then error("no balancer") end
    if setting == "throws a table" then error({}) end
    if setting == "unknown" then return nil, "could not find an Upstream" end
    return true
  end,
}
kong = {
  service = setting ~= "strict" and service or {},
  router = setting ~= "without a router" and { get_service = function() return host and { host = host } end } or nil,
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
  readonly setting?:
    | 'known'
    | 'unknown'
    | 'throws'
    | 'throws a table'
    | 'strict'
    | 'without a log'
    | 'without a router';
  readonly zone: string;
  readonly requests?: number;
  /** The same, of the service that the request is for: `nil` where there is none. */
  readonly host?: string;
};

function linesOf({ setting = 'known', zone, requests = 1, host = '"sd2.privatelink"' }: Run): readonly string[] {
  const argv = ['-', join(folder, 'handler.lua'), setting, zone, String(requests), host];
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
  it('asks for the upstream of its zone, and logs nothing', () => {
    expect(linesOf({ zone: '"use1-az1"', requests: 2 })).toEqual([`asked ${name}`, `asked ${name}`]);
  });

  it.each([
    ['nil', 'nil'],
    ['empty, as Kong makes an unset variable', '""'],
    ['a number', '7'],
    ['a table, as null is', '{}'],
    ['an unresolved reference', '"{vault://env/kong-privatelink-zone-id}"'],
    ['of several labels', '"use1-az1.sd3"'],
    ['with a space', '"use1-az1 "'],
    ['of two lines', '"use1-az1\\nuse1-az2"'],
  ])('asks for no upstream when the zone is %s, and logs the reason once', (_, zone) => {
    expect(linesOf({ zone, requests: 3 })).toEqual([withoutZone]);
  });

  it.each(['USE1-AZ1', 'us-east-1a', 'usw2-az1'])(
    'leaves the request with its own upstream for zone %s, and logs the reason once',
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
  ] as const)('does not fail when set_upstream fails (%s), and logs the reason once', (setting, lines) => {
    const said = linesOf({ setting, zone: '"use1-az1"', requests: 1 });

    expect(said).toEqual(lines);
    expect(said.at(-1)).toContain(stays);
    expect(
      linesOf({ setting, zone: '"use1-az1"', requests: 3 }).filter((line) => line.startsWith('said')),
    ).toHaveLength(1);
  });

  it.each(['10.0.1.11', '::1', '[fd00::1]'])(
    'asks for no upstream for a service at address %s, and logs the reason once',
    (host) => {
      expect(linesOf({ zone: '"use1-az1"', host: `"${host}"`, requests: 3 })).toEqual([
        `${stays}the host of the service is the address ${host}`,
      ]);
    },
  );

  it.each([
    ['to a service with a host name', { host: '"10.0.1.11.example"' }],
    ['without a service', { host: 'nil' }],
    ['in a sandbox without kong.router', { setting: 'without a router' }],
  ] as const)('asks for the upstream for a request %s', (_, run) => {
    expect(linesOf({ zone: '"use1-az1"', ...run })).toEqual([`asked ${name}`]);
  });

  it('logs at most a hundred different reasons', () => {
    const said = linesOf({ setting: 'throws a table', zone: '"use1-az1"', requests: 300 });

    expect(said.filter((line) => line.startsWith('asked'))).toHaveLength(300);
    expect(said.filter((line) => line.startsWith('said'))).toHaveLength(100);
  });

  it.each([
    ['is known', 'true'],
    ['is unknown', 'nil'],
  ])('keeps no memory of a million requests when the upstream %s', (_, found) => {
    const script = `
      kong = {
        service = { set_upstream = function() return ${found} end },
        router = { get_service = function() return { host = "sd2.privatelink" } end },
        log = { notice = function() end },
      }
      local handler = assert(loadfile(arg[1]))()
      local config = { domain = "sd2", zone_id = "use1-az1" }
      local function run(requests)
        for _ = 1, requests do handler:access(config) end
        collectgarbage()
        return collectgarbage("count")
      end
      local before = run(1000)
      print(run(1000000) - before)`;
    const out = execFileSync('luajit', ['-', join(folder, 'handler.lua')], { input: script, encoding: 'utf8' });

    // KiB: what LuaJIT keeps of what it has compiled.
    expect(Number(out)).toBeLessThan(64);
  });

  it('does not fail without a log', () => {
    expect(linesOf({ setting: 'without a log', zone: '""', requests: 2 })).toEqual([]);
  });

  it('has a schema without modules, so that Konnect can stream it', () => {
    const script = 'require = nil; print(assert(loadfile(arg[1]))().name)';
    const out = execFileSync('luajit', ['-', join(folder, 'schema.lua')], { input: script, encoding: 'utf8' });

    expect(out.trim()).toBe(zonePluginName);
  });
});
