import { execFileSync, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { callersPluginName } from '#core/names';

/**
 * The plugin `privatelink-callers` in Kong's Lua interpreter, with an `ngx` and a `kong` that
 * record their calls.
 */

export const callersHandlerFile = join(__dirname, '../../../plugin/lua/kong/plugins', callersPluginName, 'handler.lua');

/** Why nothing of Lua can be run here; undefined: it can. */
export const lackingLua = spawnSync('luajit', ['-v']).error
  ? 'there is no LuaJIT. To run it: put luajit on PATH (apt-get install luajit)'
  : undefined;

export type LuaHeader = readonly [name: string, value: string];

/** One request. Texts hold a character for each byte. */
export type LuaRequest = {
  /** A new table, unless it is the same object as in the request before. */
  readonly config: Readonly<Record<string, string | number | undefined>>;
  readonly tlv?: string | undefined;
  readonly headers?: readonly LuaHeader[];
  /**
   * The faults during the request: functions that throw, for example `kong.log.warn`, or missing
   * fields (`no kong.log`).
   */
  readonly faults?: readonly string[];
  /** Unix epoch, seconds. */
  readonly at?: number;
};

export type LuaAnswer = {
  /** Of an answer in place of the provider's. */
  readonly status?: number;
  readonly message?: string;
  /** What `access` threw. */
  readonly thrown?: string;
  /** For the provider. */
  readonly headers: readonly LuaHeader[];
  /** What a logging plugin would get. */
  readonly logged: Readonly<Record<string, string>>;
  /** Lines on Kong's log, with their level. */
  readonly said: readonly string[];
  /** Calls of `string.gsub`: reading a table needs one for each of its lines. */
  readonly reads: number;
};

const program = `
local out = {}
local function put(key, ...)
  local parts = { key }
  for _, part in ipairs({ ... }) do
    parts[#parts + 1] = (tostring(part):gsub("[^%w]", function(c) return string.format("%%%02x", c:byte()) end))
  end
  out[#out + 1] = table.concat(parts, " ")
end

local now, tlv, headers, faults, reads = 0, nil, {}, {}, 0
local gsub = string.gsub
local function check(name) if faults[name] then error(name .. " failed") end end

local function fold(name) return (gsub(name:lower(), "-", "_")) end

local var = setmetatable({}, { __index = function(_, name)
  check("ngx.var." .. name)
  if name == "proxy_protocol_tlv_0xEA" then return tlv end
  local wanted = name:match("^http_(.+)$")
  if not wanted then return nil end
  local found = {}
  for _, header in ipairs(headers) do
    if fold(header[1]) == wanted then found[#found + 1] = header[2] end
  end
  return found[1] and table.concat(found, ", ") or nil
end })

local function clear(name)
  local left = {}
  for _, header in ipairs(headers) do
    if header[1]:lower() ~= name:lower() then left[#left + 1] = header end
  end
  headers = left
end

local exited = {}
local logs = {}
for _, level in ipairs({ "err", "warn", "notice", "info", "debug" }) do
  logs[level] = function(...)
    check("kong.log." .. level)
    put("said", level .. " " .. table.concat({ ... }))
  end
end
function logs.set_serialize_value(key, value)
  check("kong.log.set_serialize_value")
  assert(key == "privatelink")
  for name, one in pairs(value) do put("logged", name, one) end
end
local request = {
  set_header = function(name, value) check("ngx.req.set_header") clear(name) headers[#headers + 1] = { name, value } end,
  clear_header = function(name) check("ngx.req.clear_header") clear(name) end,
}
local response = { exit = function(status, body)
  check("kong.response.exit")
  put("exit", status, body.message)
  if faults["kong.response.exit returns"] then return end
  error(exited)
end }
local function kong_of(without)
  return {
    log = not without["no kong.log"] and logs or nil,
    response = response,
  }
end

local counted = setmetatable({ gsub = function(...) reads = reads + 1 return gsub(...) end }, { __index = string })
-- Of Lua itself what Kong's strict sandbox lists (developer.konghq.com/gateway/sandboxing), and nothing else.
local strict = {
  assert = assert, error = error, ipairs = ipairs, next = next, pairs = pairs, pcall = pcall, print = print,
  select = select, tonumber = tonumber, tostring = tostring, type = type, unpack = unpack, xpcall = xpcall,
  string = counted, math = { floor = math.floor, max = math.max, min = math.min }, table = table,
}
local env = setmetatable({}, { __index = function(_, name)
  if name == "kong" or name == "ngx" then return _G[name] end
  if strict[name] ~= nil then return strict[name] end
  if setting == "strict" then error("the sandbox has no " .. name) end
  return _G[name]
end })
ngx = { req = request, var = var, time = function() check("ngx.time") return now end }

local chunk = setfenv(assert(loadfile(handler_path)), env)
local handler = chunk()
put("priority", handler.PRIORITY)
for name in pairs(handler) do if name == name:lower() then put("phase", name) end end
for _, one in ipairs(requests) do
  now, tlv, headers, reads = one.now, one.tlv, one.headers, 0
  faults = {}
  for _, fault in ipairs(one.faults) do faults[fault] = true end
  kong = kong_of(faults)
  ngx.req = not faults["no ngx.req"] and request or nil
  put("request")
  local is_done, thrown = pcall(handler.access, handler, configs[one.config])
  if not is_done and thrown ~= exited then put("thrown", thrown) end
  for _, header in ipairs(headers) do put("header", header[1], header[2]) end
  put("reads", reads)
  if one.forgets then configs[one.config] = nil end
end
collectgarbage()
collectgarbage()
put("kilobytes", math.floor(collectgarbage("count")))
print(table.concat(out, "\\n"))
`;

export type LuaRun = {
  readonly answers: readonly LuaAnswer[];
  readonly priority: number;
  readonly phases: readonly string[];
  /** What LuaJIT holds once all requests are through. */
  readonly kilobytes: number;
};

/**
 * Runs the requests one after another through one worker's handler. `strict`: with only the Lua of
 * Kong's strict sandbox.
 */
export function runCallersLua(requests: readonly LuaRequest[], setting: 'free' | 'strict' = 'free'): LuaRun {
  const configs = [...new Set(requests.map(({ config }) => config))];
  const head = `local handler_path, setting = ${inLua(callersHandlerFile)}, ${inLua(setting)}`;
  const last = new Map(requests.map(({ config }, index) => [config, index]));
  const all = requests.map((one, index) => {
    const { config, tlv, headers = [], faults = [], at = 0 } = one;
    const pairs = headers.map((header) => `{ ${header.map(inLua).join(', ')} }`);
    const known = tlv === undefined ? '' : `tlv = ${inLua(tlv)}, `;
    return `{ config = ${configs.indexOf(config) + 1}, now = ${at}, ${known}headers = { ${pairs.join(', ')} }, faults = { ${faults.map(inLua).join(', ')} }, forgets = ${last.get(config) === index} }`;
  });
  const data = `local configs = {}\n${configs.map((config, index) => `configs[${index + 1}] = ${tableInLua(config)}`).join('\n')}\nlocal requests = { ${all.join(',\n')} }`;
  const input = `${head}\n${data}\n${program}`;
  return parseRun(execFileSync('luajit', ['-'], { input, encoding: 'latin1', maxBuffer: 256 * 1_024 * 1_024 }));
}

function tableInLua(config: LuaRequest['config']): string {
  const fields = Object.entries(config).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name} = ${typeof value === 'number' ? value : inLua(value)}`],
  );
  return `{ ${fields.join(', ')} }`;
}

/** A text of bytes as Lua reads it. */
function inLua(text: string): string {
  return `"${text.replace(/[^ !#-[\]-~]/g, (one) => `\\${String(one.charCodeAt(0)).padStart(3, '0')}`)}"`;
}

function parseRun(printed: string): LuaRun {
  const [head = [], ...requests] = printed.split(/^request$/m).map(linesIn);
  const tail = requests.at(-1) ?? head;
  return {
    priority: Number(head.find(([key]) => key === 'priority')?.[1]),
    phases: head.filter(([key]) => key === 'phase').map(([, name = '']) => name),
    kilobytes: Number(tail.find(([key]) => key === 'kilobytes')?.[1]),
    answers: requests.map(answerOf),
  };
}

function linesIn(text: string): readonly (readonly string[])[] {
  return text
    .trim()
    .split('\n')
    .map((line) => line.split(' ').map(readPart));
}

function readPart(part: string): string {
  return part.replace(/%(..)/g, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)));
}

function answerOf(lines: readonly (readonly string[])[]): LuaAnswer {
  const all = (key: string) => lines.filter(([one]) => one === key).map(([, ...values]) => values);
  const [exit] = all('exit');
  return {
    ...(exit && { status: Number(exit[0]), message: exit[1] }),
    ...(all('thrown')[0] && { thrown: all('thrown')[0]?.[0] }),
    headers: all('header').map(([name = '', value = '']) => [name, value] as const),
    logged: Object.fromEntries(all('logged').map(([name = '', value = '']) => [name, value])),
    said: all('said').map(([line = '']) => line),
    reads: Number(all('reads')[0]?.[0]),
  };
}
