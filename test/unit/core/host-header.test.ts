import { describe, expect, it } from '@jest/globals';
import { hostHeader } from '#core/host-header';

describe('hostHeader', () => {
  it.each([
    ['http', 80, 'api'],
    ['http', 443, 'api:443'],
    ['http', 8080, 'api:8080'],
    ['https', 443, 'api'],
    ['https', 80, 'api:80'],
    ['grpc', 80, 'api'],
    ['grpcs', 443, 'api'],
  ] as const)('writes the host for %s on port %d as Kong does', (protocol, port, expected) => {
    expect(hostHeader('api', port, protocol)).toBe(expected);
  });
});
