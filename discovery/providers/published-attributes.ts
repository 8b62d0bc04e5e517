/**
 * Attributes of the product's own Cloud Map instances, beside the attributes that serve as tags.
 * The first one names the owner. Never rename them: the product would not recognise its
 * instances.
 */
export const publishedAttributes = {
  owner: 'kong-privatelink:owner',
  scope: 'kong-privatelink:scope',
  endpoint: 'kong-privatelink:endpoint',
  zone: 'kong-privatelink:zone',
} as const;
