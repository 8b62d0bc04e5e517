/**
 * The program for LuaJIT: the handler of `privatelink-callers` with the needed part of Kong's PDK
 * and of ngx for the access phase. The first line of input is the path of the handler. Then come
 * lines of fields with tabs between them, all texts in hexadecimal, `-` for none:
 * `config KEY NAME VALUE …` and `ask ID KEY TLV NAME VALUE …` (names and values of headers).
 * For each `ask` it writes `done ID VERDICT CONSUMER ENDPOINT STATUS TYPE BODY NAME VALUE …` (TYPE:
 * `json`, `text` or `-`), or `failed ID REASON`.
 */
export const driverText = String.raw`
local function decode(text)
  return (text:gsub("%x%x", function(pair) return string.char(tonumber(pair, 16)) end))
end
local function encode(text)
  return (tostring(text):gsub(".", function(one) return string.format("%02x", one:byte()) end))
end
local function split(line)
  local fields = {}
  for field in (line .. "\t"):gmatch("(.-)\t") do fields[#fields + 1] = field end
  return fields
end

local escapes = { ['"'] = '\\"', ["\\"] = "\\\\" }
local function json(value)
  if type(value) ~= "table" then
    if type(value) ~= "string" then return tostring(value) end
    return '"' .. value:gsub('[%c"\\]', function(one)
      return escapes[one] or string.format("\\u%04x", one:byte())
    end) .. '"'
  end
  local items = {}
  for name, item in pairs(value) do items[#items + 1] = json(tostring(name)) .. ":" .. json(item) end
  return "{" .. table.concat(items, ",") .. "}"
end

local asked
local function same(one, other) return one:lower() == other:lower() end
local function clear(name)
  local kept = {}
  for _, header in ipairs(asked.headers) do
    if not same(header[1], name) then kept[#kept + 1] = header end
  end
  asked.headers = kept
end
local function add(name, value)
  for _, one in ipairs(type(value) == "table" and value or { value }) do
    asked.headers[#asked.headers + 1] = { name, tostring(one) }
  end
end
local function set(name, value)
  clear(name)
  add(name, value)
end
local function all(_, is_raw)
  local found = {}
  for _, header in ipairs(asked.headers) do
    local name = is_raw and header[1] or header[1]:lower()
    local former = found[name]
    if type(former) == "table" then former[#former + 1] = header[2]
    else found[name] = former and { former, header[2] } or header[2] end
  end
  if is_raw then return found end
  return setmetatable(found, { __index = function(own, name) return rawget(own, (name:lower():gsub("_", "-"))) end })
end
local function first(name)
  for _, header in ipairs(asked.headers) do
    if same(header[1], name) then return header[2] end
  end
end
local function nothing() end
local function exit(status, body)
  asked.exit = { status = status, body = body }
  coroutine.yield()
end

-- As nginx names variables: any header is $http_name, with _ for -.
local function variable(_, name)
  if name:lower() == "proxy_protocol_tlv_0xea" then return asked.tlv end
  local wanted = name:lower():match("^http_(.+)$")
  local found = {}
  for _, header in ipairs(wanted and asked.headers or {}) do
    if header[1]:lower():gsub("-", "_") == wanted then found[#found + 1] = header[2] end
  end
  if #found > 0 then return table.concat(found, ", ") end
end
local var = setmetatable({}, { __index = variable })
ngx = {
  var = var, ctx = {}, null = {}, header = {}, shared = {}, DEBUG = 8, INFO = 7, NOTICE = 6, WARN = 5, ERR = 4,
  now = os.time, time = os.time, update_time = nothing, log = nothing, get_phase = function() return "access" end,
  worker = { id = function() return 0 end, pid = function() return 1 end }, timer = { at = nothing, every = nothing },
  req = { get_headers = all, clear_header = clear, set_header = set, http_version = function() return 1.1 end },
}
local log = setmetatable({
  set_serialize_value = function(name, value)
    if type(value) ~= "table" then value, name = { [name:match("[^.]+$")] = value }, name:match("^(.*)%.") end
    for key, one in pairs(value) do asked.serialized[name .. "." .. key] = one end
  end,
}, { __index = function() return nothing end, __call = nothing })
kong = {
  log = log, ctx = { shared = {}, plugin = {} }, response = { exit = exit },
  request = { get_headers = all, get_header = first },
  service = { request = { set_header = set, clear_header = clear, add_header = add, set_headers = function(headers)
    for name, value in pairs(headers) do set(name, value) end
  end } },
  nginx = { get_subsystem = function() return "http" end },
}

local handler = dofile(io.read("*l"))
local configs = {}

local function run(fields)
  asked = { headers = {}, serialized = {}, tlv = fields[4] ~= "-" and decode(fields[4]) or nil }
  for at = 5, #fields - 1, 2 do asked.headers[#asked.headers + 1] = { decode(fields[at]), decode(fields[at + 1]) } end
  kong.ctx.plugin, ngx.ctx = {}, {}
  local thread = coroutine.create(handler.access)
  local is_well, problem = coroutine.resume(thread, handler, configs[fields[3]])
  if not is_well then return { "failed", fields[2], encode(problem) } end
  local ending = asked.exit
  local body = ending and ending.body
  local function logged(name)
    local value = asked.serialized["privatelink." .. name]
    return value == nil and "-" or encode(value)
  end
  local is_json = type(body) == "table"
  local told = {
    "done", fields[2], logged("verdict"), logged("consumer"), logged("endpoint"),
    ending and tostring(ending.status) or "-",
    body == nil and "-" or is_json and "json" or "text", body == nil and "-" or encode(is_json and json(body) or body),
  }
  for _, header in ipairs(asked.headers) do
    told[#told + 1] = encode(header[1])
    told[#told + 1] = encode(header[2])
  end
  return told
end

for line in io.lines() do
  local fields = split(line)
  if fields[1] == "config" then
    local config = {}
    for at = 3, #fields - 1, 2 do config[decode(fields[at])] = decode(fields[at + 1]) end
    configs[fields[2]] = config
  else
    io.write(table.concat(run(fields), "\t"), "\n")
    io.flush()
  end
end
`;
