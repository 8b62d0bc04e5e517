import type { AlertTable } from '#io/metrics/alerts';

/** The alerts for the resolver on a data plane. */
export const resolverAlerts: AlertTable = {
  KongPrivatelinkResolverStale: {
    metric: 'kong_privatelink_resolver_discovery_age_seconds',
    when: (metric) => `${metric} > 1800`,
    for: '5m',
    severity: 'warning',
    summary: 'What the resolver on {{ $labels.instance }} knows is {{ $value | humanizeDuration }} old',
    description:
      'Its discovery does not succeed. It answers with what was last known until that is older than resolver.maxStaleSeconds (an hour by default).',
  },
  KongPrivatelinkResolverEmpty: {
    metric: 'kong_privatelink_resolver_stale_total',
    when: (metric) => `rate(${metric}[5m]) > 0`,
    for: '5m',
    severity: 'critical',
    summary: 'The resolver on {{ $labels.instance }} has no addresses left that are fresh enough',
    description:
      'What is known of a domain is older than resolver.maxStaleSeconds. Kong goes on with its last answers for dns_stale_ttl, then requests fail. The log of the resolver says why discovery fails.',
  },
};
