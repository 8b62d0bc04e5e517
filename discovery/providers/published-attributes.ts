/**
 * Attributes of the Cloud Map instances that the product registers, beside those that stand for tags; the first says whose an instance is.
 * Never renamed: nobody would know the instances again.
 */
export const publishedAttributes = {
  owner: 'kong-privatelink:owner',
  scope: 'kong-privatelink:scope',
  endpoint: 'kong-privatelink:endpoint',
  zone: 'kong-privatelink:zone',
} as const;
