-- Generated from plugin/schema/callers.ts by `npm run generate`; do not edit.
return {
  name = "privatelink-callers",
  fields = {
    { config = {
        type = "record",
        fields = {
          { domain = { description = "The service domain that is called: the value of the tag kong:domain.", type = "string", required = true, len_min = 1 } },
          { mode = { description = "enforce: who is not in callers gets 403; observe: is let through and logged.", type = "string", required = true, default = "observe", one_of = { "observe", "enforce" } } },
          { on_missing = { description = "What a request gets whose connection names no VPC endpoint.", type = "string", required = true, default = "allow", one_of = { "allow", "reject" } } },
          { callers = { description = "Who may call: a line for each consumer, with its account or -, and its endpoints.", type = "string", required = true, default = "", len_min = 0 } },
          { others = { description = "In the same form, who may not, and for whom the other mode counts.", type = "string", required = true, default = "", len_min = 0 } },
          { exceptions = { description = "The names of consumers for whom the other mode counts, between spaces.", type = "string", required = true, default = "", len_min = 0 } },
        },
      },
    },
  },
}
