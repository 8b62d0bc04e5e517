-- Generated from plugin/schema/zone.ts by `npm run generate`; do not edit.
local Handler = { PRIORITY = 790, VERSION = "0.1.0" }
local is_told = {}
local left = 100

local function tell(reason)
  if is_told[reason] or left == 0 then return end
  is_told[reason] = true
  left = left - 1
  kong.log.notice("privatelink-zone: requests stay with the upstream of all zones: ", reason)
end

-- For a service at an address, Kong asks no upstream and fails when a plugin sets a name.
local function address()
  local service = kong.router and kong.router.get_service()
  local host = service and service.host
  if host and (string.find(host, ":", 1, true) or string.find(host, "^[%d.]+$")) then return host end
end

local function choose(config)
  local zone = config.zone_id
  if type(zone) ~= "string" or not string.find(zone, "^[%w-]+$") then
    return tell("this data plane has no zone id, such as use1-az1")
  end
  local host = address()
  if host then return tell("the host of the service is the address " .. host) end
  local name = zone .. "." .. config.domain .. ".privatelink"
  if not kong.service.set_upstream(name) then tell("there is no upstream " .. name) end
end

-- After any error here, the service's own upstream is right.
function Handler:access(config)
  local is_done, problem = pcall(choose, config)
  if not is_done then pcall(tell, tostring(problem)) end
end

return Handler
