const { writeFileSync } = require('node:fs');
const { join } = require('node:path');

const root = join(__dirname, '..');
const { schemaLua } = require('../dist/plugin/schema/lua');
const { configJsonSchemaText } = require('../dist/config/json-schema');
const { configReference } = require('../dist/config/reference');
const { outputReference } = require('../dist/sync/cli/shapes/outputs');
const { metricsReference } = require('../dist/sync/watch/metrics/table');

/** What is made from code, by the path that it is written to. */
const generated = {
  'deck/schema.lua': schemaLua(),
  'docs/reference/configuration.md': configReference(),
  'docs/reference/configuration.schema.json': configJsonSchemaText(),
  'docs/reference/metrics.md': metricsReference(),
  'docs/reference/outputs.md': outputReference(),
};

for (const [path, text] of Object.entries(generated)) writeFileSync(join(root, path), text);
