const { mkdirSync, writeFileSync } = require('node:fs');
const { dirname, join } = require('node:path');

const root = join(__dirname, '..');

/** Returns the generated files by their path; `load` returns a module of the product. */
function generated(load) {
  const { configJsonSchemaText } = load('config/printed/json-schema');
  const { configReference } = load('config/printed/reference');
  const { rulesFile } = load('io/metrics/alerts');
  const { boardFile } = load('io/metrics/board');
  const { callersHandlerLua } = load('plugin/schema/callers');
  const { callersSchemaLua, schemaLua, zoneSchemaLua } = load('plugin/schema/lua');
  const { zoneHandlerLua } = load('plugin/schema/zone');
  const { pluginAlerts } = load('plugin/server/serving/alerts');
  const { metricTable } = load('plugin/server/serving/metrics');
  const { resolverAlerts } = load('resolver/alerts');
  const { resolverMetrics } = load('resolver/metrics');
  const { troubleshootingPage } = load('sync/cli/messages/page');
  const { outputReference } = load('sync/cli/shapes/outputs');
  const { workerAlerts } = load('sync/watch/metrics/alerts');
  const { metricsReference, workerGroups } = load('sync/watch/metrics/table');
  const groups = { ...workerGroups, 'Data planes': metricTable, Resolvers: resolverMetrics };
  return {
    'deck/schema.lua': schemaLua(),
    'deploy/alerts.yaml': rulesFile({
      'kong-privatelink': workerAlerts,
      'kong-privatelink-plugin': pluginAlerts,
      'kong-privatelink-resolver': resolverAlerts,
    }),
    'deploy/grafana.json': boardFile(
      'kong-privatelink',
      groups,
      'kong_privatelink_build_info|kong_privatelink_plugin_instances|kong_privatelink_resolver_forwarded_total',
    ),
    'docs/reference/configuration.md': configReference(),
    'docs/reference/configuration.schema.json': configJsonSchemaText(),
    'docs/reference/metrics.md': metricsReference({
      'the plugin server': metricTable,
      'the resolver': resolverMetrics,
    }),
    'docs/reference/outputs.md': outputReference(),
    'docs/troubleshooting.md': troubleshootingPage(),
    'plugin/lua/kong/plugins/privatelink-callers/handler.lua': callersHandlerLua(),
    'plugin/lua/kong/plugins/privatelink-callers/schema.lua': callersSchemaLua(),
    'plugin/lua/kong/plugins/privatelink-zone/handler.lua': zoneHandlerLua(),
    'plugin/lua/kong/plugins/privatelink-zone/schema.lua': zoneSchemaLua(),
  };
}

module.exports = { generated };

if (require.main === module) {
  for (const [path, text] of Object.entries(generated((path) => require(join(root, 'dist', path))))) {
    const file = join(root, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
}
