import { execFileSync, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { schemaFields } from '#plugin/schema/lua';

const schemaPath = join(__dirname, '../../../deck/schema.lua');

/**
 * Loads the schema as Kong does, with names instead of Kong's own definitions. Prints only the
 * table, as JSON.
 */
const script = `
package.preload["kong.db.schema.typedefs"] = function()
  return { no_consumer = "typedefs.no_consumer", protocols_http = "typedefs.protocols_http" }
end
local function json(value)
  if type(value) == "string" then return '"' .. value:gsub('[%c"\\\\]', function(c) return ("\\\\u%04x"):format(c:byte()) end) .. '"' end
  if type(value) ~= "table" then return tostring(value) end
  local parts = {}
  for _, item in ipairs(value) do parts[#parts + 1] = json(item) end
  if #parts > 0 then return "[" .. table.concat(parts, ",") .. "]" end
  for key, item in pairs(value) do parts[#parts + 1] = json(key) .. ":" .. json(item) end
  return "{" .. table.concat(parts, ",") .. "}"
end
io.write(json(assert(loadfile(arg[1]))()))
`;

/** The Lua that runs Kong (LuaJIT), otherwise plain Lua. */
const lua = ['luajit', 'lua5.1'].find((command) => spawnSync(command, ['-v']).status === 0);

if (!lua) {
  process.stderr.write(
    'skipped: no Lua 5.1 is installed. To run it: put luajit or lua5.1 on PATH (apt-get install luajit)\n',
  );
}

(lua ? describe : describe.skip)('schema.lua', () => {
  it("equals the plugin server's dump: each field has its description, type and default", () => {
    const text = execFileSync(lua ?? '', ['-', schemaPath], { input: script, encoding: 'utf8' });

    expect(JSON.parse(text)).toEqual({
      name: 'privatelink',
      fields: [
        { consumer: 'typedefs.no_consumer' },
        { protocols: 'typedefs.protocols_http' },
        { config: { type: 'record', fields: schemaFields() } },
      ],
    });
  });
});
