-- Generated from plugin/schema/zone.ts by `npm run generate`; do not edit.
return {
  name = "privatelink-zone",
  fields = {
    { config = {
        type = "record",
        fields = {
          { domain = { description = "The service domain to route to: the value of the tag kong:domain.", type = "string", required = true, len_min = 1 } },
          { zone_id = { description = "The AZ id of the data plane, such as use1-az1: by default its KONG_PRIVATELINK_ZONE_ID.", type = "string", required = true, default = "{vault://env/kong-privatelink-zone-id}", referenceable = true } },
        },
      },
    },
  },
}
