/**
 * Attributes of the Cloud Map instances that the product registers, beside those that serve as
 * tags. The first one names the owner. Never rename them: the product would not recognise its
 * instances.
 */
export const publishedAttributes = {
  owner: 'kong-privatelink:owner',
  scope: 'kong-privatelink:scope',
  endpoint: 'kong-privatelink:endpoint',
  zone: 'kong-privatelink:zone',
} as const;
