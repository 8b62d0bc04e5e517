import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type RealKong, type RealKongOptions, startRealKong } from './real-kong';

/**
 * A Kong without a database whose plugin discovers nothing: only its Admin API configures it. The
 * folder must not exist yet.
 */
export function startPlainKong(
  folder: string,
  options: Pick<RealKongOptions, 'ports' | 'variables'>,
): Promise<RealKong> {
  mkdirSync(folder);
  const [configPath, credentialsPath] = [join(folder, 'kong-privatelink.yaml'), join(folder, 'credentials')];
  writeFileSync(configPath, 'owner: test\nsources: [{ name: a, type: static, region: us-east-1, endpoints: [] }]\n');
  writeFileSync(credentialsPath, '');
  const files = { folder, configPath, credentialsPath };
  return startRealKong({ program: 'kong-privatelink-pluginserver', ...files, zoneId: 'use1-az1', ...options });
}
