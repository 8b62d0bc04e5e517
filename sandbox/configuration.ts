import { pluginName } from '../plugin/schema';
import { credentialsOf } from './aws/credentials';
import type { Setting } from './estates/estate';

/** The product discovers every second, so that nobody waits for a demonstration. */
const intervalSeconds = 1;

export type ConfigurationOptions = {
  readonly awsUrl: string;
  /** `controlPlane:` of the configuration, in one line. */
  readonly controlPlane: string;
  /** Of the plugin; default: target. */
  readonly mode?: 'target' | 'upstream';
};

/** The configuration file of an estate, for the command line and the plugin. */
export function configurationText(setting: Setting, options: ConfigurationOptions): string {
  const { awsUrl, controlPlane, mode = 'target' } = options;
  const plugins = [{ name: pluginName, config: { mode } }, ...(setting.plugins ?? [])];
  const domains = setting.domains.map((domain) => `  ${domain}: ${JSON.stringify({ plugins })}\n`).join('');
  return `owner: sandbox
${setting.sources(awsUrl)}domains:
${domains}controlPlane: ${controlPlane}
watch: { intervalSeconds: ${intervalSeconds} }
`;
}

/** The AWS credentials file of an account's own identity. */
export function credentialsText(account: string): string {
  const { accessKeyId, secretAccessKey } = credentialsOf(account);
  return `[default]\naws_access_key_id = ${accessKeyId}\naws_secret_access_key = ${secretAccessKey}\n`;
}
