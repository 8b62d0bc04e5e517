-- Generated from plugin/schema/callers.ts by `npm run generate`; do not edit.
local Handler = { PRIORITY = 5000, VERSION = "0.1.0" }

-- Parsed tables are dropped together with their configurations. Kong's strict sandbox has no weak
-- tables: there each domain keeps its last one.
local function weak(mode) return setmetatable({}, { __mode = mode }) end
local is_weak, known = pcall(weak, "k")
if not is_weak then known = {} end
local shared = is_weak and weak("v") or nil

local account_form = "^" .. string.rep("%d", 12) .. "$"

-- Returns consumers by the value of their TLV. nil: the table is broken, for example because an
-- endpoint has two consumers.
local function parse(text)
  if type(text) ~= "string" then return nil end
  local consumers = {}
  if text == "" then return consumers end
  for line in string.gmatch(text .. "\n", "([^\n]*)\n") do
    local consumer, account, ids = string.match(line, "^([a-z0-9%-]+) ([%d%-]+)( .+)$")
    if not consumer or account ~= "-" and not string.find(account, account_form) then return nil end
    local is_shared = false
    local rest = string.gsub(ids, " (vpce%-[0-9a-f]+)", function(id)
      local tlv = "\1" .. id
      is_shared = is_shared or (consumers[tlv] or consumer) ~= consumer
      consumers[tlv] = consumer
      return ""
    end)
    if rest ~= "" or is_shared then return nil end
  end
  return consumers
end

-- Configurations with the same text share their parsed tables: many domains have the same callers,
-- and most changes leave a table as it was.
local function read(text)
  local consumers = shared and text and shared[text] or parse(text)
  if shared and consumers then shared[text] = consumers end
  return consumers
end

local function tables_of(config)
  local key = is_weak and config or config.domain
  local held = known[key]
  local callers, others = config.callers, config.others
  if held and held.callers_text == callers and held.others_text == others then return held end
  held = { callers_text = callers, others_text = others, callers = read(callers), others = read(others) }
  known[key] = held
  return held
end

-- Removes identity headers of clients, so that no provider and no later plugin believes them.
-- Nginx treats - and _ alike here.
local function clear(var)
  if not (var.http_x_privatelink_consumer or var.http_x_privatelink_endpoint) then return end
  local clear_header = ngx.req.clear_header
  clear_header("X-Privatelink-Consumer")
  clear_header("X-Privatelink_Consumer")
  clear_header("X_Privatelink-Consumer")
  clear_header("X_Privatelink_Consumer")
  clear_header("X-Privatelink-Endpoint")
  clear_header("X-Privatelink_Endpoint")
  clear_header("X_Privatelink-Endpoint")
  clear_header("X_Privatelink_Endpoint")
end

-- After all plugins, Kong removes the headers that a client names in its Connection header.
local function names_identity(connection)
  return connection ~= nil and string.find(string.lower(connection), "privatelink", 1, true) ~= nil
end

local function judge(config)
  local var = ngx.var
  clear(var)
  local held = tables_of(config)
  local tlv = var.proxy_protocol_tlv_0xEA
  if not held.callers or not held.others then return "refused", "broken", nil, tlv end
  if tlv == nil then return config.on_missing == "allow" and "missing" or "refused", "missing" end
  local consumer = held.callers[tlv]
  local is_cloaked = consumer and names_identity(var.http_connection)
  if consumer and not is_cloaked then
    -- The function of nginx: Kong's own checks the phase and Host, and takes twice the time.
    local set_header = ngx.req.set_header
    set_header("X-Privatelink-Consumer", consumer)
    set_header("X-Privatelink-Endpoint", string.sub(tlv, 2))
    return "allowed", nil, consumer, tlv
  end
  local other = held.others[tlv]
  local is_let = (config.mode == "observe") ~= (other ~= nil)
  return is_let and "observed" or "refused", is_cloaked and "cloaked" or "uncontracted", consumer or other, tlv
end

-- Texts of the log, and the answer to refused callers.
local words = {
  broken = { "its table cannot be read", "the gateway cannot tell who may call" },
  failed = { "the plugin failed", "the gateway cannot tell who may call" },
  missing = { "the connection names no VPC endpoint", "this connection names no VPC endpoint" },
  uncontracted = { "not in the contract", "this VPC endpoint may not call this service" },
  cloaked = { "its Connection header would remove who calls", "the header Connection may not name who calls" },
}

local minute, left, counts, before = 0, 100, {}, {}

-- Whether to log a line: one for each worker, caller and minute. Also returns the number of
-- requests in the minute before. Lines of callers never displace lines of faults.
local function is_due(caller, is_fault)
  local now = math.floor(ngx.time() / 60)
  if now ~= minute then
    before = now == minute + 1 and counts or {}
    minute, left, counts = now, 100, {}
  end
  if counts[caller] then
    counts[caller] = counts[caller] + 1
    return false
  end
  if left == 0 and not is_fault then return false end
  left = math.max(0, left - 1)
  counts[caller] = 1
  return true, before[caller] or 0
end

local function endpoint_in(tlv)
  if tlv and #tlv <= 70 and string.find(tlv, "^\1vpce%-[0-9a-f]+$") then return string.sub(tlv, 2) end
end

local function tell(config, verdict, why, who, problem)
  local caller = tostring(config.domain) .. ": " .. who .. words[why][1]
  local is_fault = why == "broken" or why == "failed"
  local is_line, count = is_due(caller, is_fault)
  if not is_line then return end
  local say = is_fault and kong.log.err or verdict == "missing" and kong.log.notice or kong.log.warn
  local done = verdict == "refused" and ": refused (403)" or ": let through"
  if problem then done = ": " .. string.sub(tostring(problem), 1, 200) .. done end
  say("privatelink-callers: ", caller, done, "; requests like this in the minute before: ", count)
end

local function who_is(endpoint, consumer)
  if not endpoint then return "what is no id of an endpoint: " end
  return "endpoint " .. endpoint .. " of " .. (consumer or "no consumer here") .. ": "
end

local function note(config, verdict, why, consumer, tlv, problem)
  local endpoint
  if verdict == "allowed" then endpoint = string.sub(tlv, 2) else endpoint = endpoint_in(tlv) end
  kong.log.set_serialize_value("privatelink", { verdict = verdict, consumer = consumer, endpoint = endpoint })
  if verdict == "allowed" then return end
  local is_of_caller = why == "uncontracted" or why == "cloaked"
  tell(config, verdict, why, is_of_caller and who_is(endpoint, consumer) or "", problem)
end

local passes = { allowed = true, observed = true, missing = true }

-- Every error here refuses the request, except an error of the log.
function Handler:access(config)
  local is_judged, verdict, why, consumer, tlv = pcall(judge, config)
  local problem
  if not is_judged then
    verdict, why, problem = "refused", "failed", verdict
  end
  pcall(note, config, verdict, why, consumer, tlv, problem)
  if passes[verdict] then return end
  kong.response.exit(403, { message = words[why][2] })
  error("Kong went on after a refusal")
end

return Handler
