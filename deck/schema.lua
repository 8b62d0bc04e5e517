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
          { host_header = { description = "Host header to send, verbatim, in target mode.", type = "string", required = false, len_min = 1, match = "^[!-~]+$" } },
          { on_unresolved = { description = "fallthrough: leave the request to the service's own upstream; reject: answer 503.", type = "string", required = true, default = "fallthrough", one_of = { "fallthrough", "reject" } } },
          { max_stale_seconds = { description = "A domain that discovery has not confirmed for longer counts as unresolved.", type = "number", required = true, default = 3600, between = { 0, 86400 } } },
          { probe = { description = "How targets are probed from the data plane, in target mode; https does not verify the certificate.", type = "string", required = true, default = "tcp", one_of = { "none", "tcp", "http", "https" } } },
          { probe_path = { description = "Path that http and https probes ask for; a status from 200 to 399 is a success.", type = "string", required = true, default = "/", match = "^/[!-~]*$" } },
          { probe_interval_seconds = { description = "A dead target gets no more requests after this times probe_fall, at the latest.", type = "number", required = true, default = 5, between = { 0.1, 3600 } } },
          { probe_timeout_seconds = { description = "A probe that is not answered within this has failed; never more than half of the interval.", type = "number", required = true, default = 1, between = { 0.05, 60 } } },
          { probe_fall = { description = "Failures in a row after which a target gets no requests.", type = "integer", required = true, default = 2, between = { 1, 100 } } },
          { probe_rise = { description = "Successes in a row after which it gets requests again.", type = "integer", required = true, default = 1, between = { 1, 100 } } },
        },
      },
    },
  },
}
