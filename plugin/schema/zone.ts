import { z } from 'zod';
import { zonePluginName, zoneUpstreamName } from '#core/names';
import { pluginPriority, pluginVersion } from './schema';

/**
 * Kong resolves the reference on the data plane, so each node uses its own variable, even when the
 * control plane holds the configuration.
 */
const zoneReference = '{vault://env/kong-privatelink-zone-id}';

/** Every field of the plugin in Lua. Kong's schema is derived from it (lua.ts). */
export const zonePluginConfigSchema = z.object({
  domain: z.string().min(1).describe('The service domain to route to: the value of the tag kong:domain.'),
  zone_id: z
    .string()
    .default(zoneReference)
    .meta({ referenceable: true })
    .describe('The AZ id of the data plane, such as use1-az1: by default its KONG_PRIVATELINK_ZONE_ID.'),
});

/** A failure may have new words each time. Each text takes memory and a log line. */
const mostReasons = 100;

/** The name of the zone's upstream in Lua, derived from the one function that makes such names. */
function upstreamInLua(): string {
  const [between, end] = zoneUpstreamName('', '|').split('|');
  return `zone .. "${between}" .. config.domain .. "${end}"`;
}

/**
 * The plugin's handler in Lua. It needs no module and no timer, and uses three functions of Kong.
 * Without an upstream of the zone, a request keeps the way of its service. Kong's log gets the
 * reason once for each worker and reason.
 */
export function zoneHandlerLua(): string {
  return `-- Generated from plugin/schema/zone.ts by \`npm run generate\`; do not edit.
local Handler = { PRIORITY = ${pluginPriority}, VERSION = "${pluginVersion}" }
local is_told = {}
local left = ${mostReasons}

local function tell(reason)
  if is_told[reason] or left == 0 then return end
  is_told[reason] = true
  left = left - 1
  kong.log.notice("${zonePluginName}: requests stay with the upstream of all zones: ", reason)
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
  local name = ${upstreamInLua()}
  if not kong.service.set_upstream(name) then tell("there is no upstream " .. name) end
end

-- After any error here, the service's own upstream is right.
function Handler:access(config)
  local is_done, problem = pcall(choose, config)
  if not is_done then pcall(tell, tostring(problem)) end
end

return Handler
`;
}
