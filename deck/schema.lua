-- Generated from plugin/schema.ts by `npm run generate`; do not edit.
local typedefs = require "kong.db.schema.typedefs"

return {
  name = "privatelink",
  fields = {
    { consumer = typedefs.no_consumer },
    { protocols = typedefs.protocols_http },
    { config = {
        type = "record",
        fields = {
          { domain = { description = "The service domain to route to: the value of the tag kong:domain.", type = "string", required = true, len_min = 1 } },
          { mode = { description = "target: pick an address here; upstream: use the upstream of the zone; auto: target where the data plane has sources configured.", type = "string", required = true, default = "auto", one_of = { "auto", "target", "upstream" } } },
          { affinity = { description = "zone: the own zone first, then the own region, then any.", type = "string", required = true, default = "zone", one_of = { "zone", "none" } } },
          { host_header = { description = "Host header to send, verbatim, in target mode.", type = "string", required = false, len_min = 1 } },
          { on_unresolved = { description = "fallthrough: leave the request to the service's own upstream; reject: answer 503.", type = "string", required = true, default = "fallthrough", one_of = { "fallthrough", "reject" } } },
          { max_stale_seconds = { description = "A domain that discovery has not confirmed for longer counts as unresolved.", type = "number", required = true, default = 3600, between = { 0, 86400 } } },
        },
      },
    },
  },
}
