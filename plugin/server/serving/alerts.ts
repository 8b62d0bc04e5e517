import type { AlertTable } from '#io/metrics/alerts';

/** The alerts for the plugin on a data plane. */
export const pluginAlerts: AlertTable = {
  KongPrivatelinkPluginStale: {
    metric: 'kong_privatelink_plugin_discovery_age_seconds',
    when: (metric) => `${metric} > 1800`,
    for: '5m',
    severity: 'warning',
    summary: 'What the plugin on {{ $labels.instance }} knows is {{ $value | humanizeDuration }} old',
    description:
      'Its discovery does not succeed. Requests are resolved with what was last known until that is older than max_stale_seconds (an hour by default).',
  },
  KongPrivatelinkPluginUnresolved: {
    metric: 'kong_privatelink_plugin_unresolved_total',
    when: (metric) => `rate(${metric}[5m]) > 0`,
    for: '5m',
    severity: 'warning',
    summary: 'The plugin on {{ $labels.instance }} cannot resolve requests',
    description:
      "They take the configured way out (on_unresolved): the service's own upstream, or 503. Kong's log says why.",
  },
};
