import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { JsonObject } from '#core/model';
import { pluginName } from '#core/names';
import { credentialsOf } from './aws/credentials';
import { openAll } from './opened';

export const controlPlaneName = 'sandbox';
/** The token of the sandbox's Konnect, and of no other. */
export const token = 'kpat_sandbox';

/** The product discovers every second, so that nobody waits for a demonstration. */
const intervalSeconds = 1;

/**
 * Account ids by their name in the estate. The product has the credentials of the gateway's
 * account.
 */
export type Accounts = Readonly<Record<string, string>> & { readonly gateway: string };

/** The product's settings for an estate. */
export type Setting = {
  readonly accounts: Accounts;
  readonly region: string;
  /** Zone of the data plane. */
  readonly zoneId: string;
  /** Domains whose routes get the plugin. */
  readonly domains: readonly string[];
  /** Further plugins of these routes; the stand-in gateway does not run them. */
  readonly plugins?: readonly JsonObject[];
  /** `sources:` of the configuration, and `publish:` where there is one. */
  readonly sources: (awsUrl: string) => string;
  /** `contracts:` of the configuration; absent: there is none. */
  readonly contracts?: (awsUrl: string) => JsonObject;
  /** The call that every pass of discovery makes once. */
  readonly pulse: { readonly action: string; readonly region: string };
};

export type ConfigurationOptions = {
  readonly awsUrl: string;
  /** `controlPlane:` of the configuration, in one line; absent: `more` says which. */
  readonly controlPlane?: string;
  /** Of the plugin; default: target. */
  readonly mode?: 'target' | 'upstream';
  /** Of the upstreams; default: none. */
  readonly affinity?: 'none' | 'weighted';
  /** Of domains, beside those of the estate. */
  readonly plugins?: Readonly<Record<string, readonly JsonObject[]>>;
  /** More keys of the first level, by name, or others in place of these. */
  readonly more?: JsonObject;
};

/** The configuration file of an estate, for the command line and the plugin. */
export function configurationText(setting: Setting, options: ConfigurationOptions): string {
  const { awsUrl, controlPlane, mode = 'target', affinity = 'none', more = {} } = options;
  const keys = {
    affinity,
    watch: { intervalSeconds },
    ...(setting.contracts && { contracts: setting.contracts(awsUrl) }),
  };
  const ofAll = [{ name: pluginName, config: { mode } }, ...(setting.plugins ?? [])];
  const domains = setting.domains.map((domain) => {
    const plugins = [...ofAll, ...(options.plugins?.[domain] ?? [])];
    return `  ${domain}: ${JSON.stringify({ plugins })}\n`;
  });
  return `owner: sandbox
${setting.sources(awsUrl)}domains:
${domains.join('')}${controlPlane ? `controlPlane: ${controlPlane}\n` : ''}${linesOf({ ...keys, ...more })}`;
}

function linesOf(keys: JsonObject): string {
  return Object.entries(keys)
    .map(([key, value]) => `${key}: ${JSON.stringify(value)}\n`)
    .join('');
}

/** The AWS credentials file: the gateway's account by default, each other as a profile. */
export function credentialsText({ gateway, ...others }: Accounts): string {
  return Object.entries({ default: gateway, ...others })
    .map(([profile, account]) => {
      const { accessKeyId, secretAccessKey } = credentialsOf(account);
      return `[${profile}]\naws_access_key_id = ${accessKeyId}\naws_secret_access_key = ${secretAccessKey}\n`;
    })
    .join('');
}

/**
 * Returns the AWS configuration file: it points each profile of AWS's command line at the sandbox.
 */
function awsConfigText({ accounts: { gateway, ...others }, region }: Setting, awsUrl: string): string {
  return ['default', ...Object.keys(others).map((name) => `profile ${name}`)]
    .map((section) => `[${section}]\nregion = ${region}\nendpoint_url = ${awsUrl}\n`)
    .join('');
}

/** The needs of a command: the configuration's path, and its variables. */
export type Files = {
  readonly folder: string;
  readonly configPath: string;
  readonly credentialsPath: string;
  readonly env: Readonly<Record<string, string>>;
  /** Removes the folder. */
  readonly close: () => Promise<void>;
};

export type Servers = { readonly aws: { readonly url: string }; readonly konnect: { readonly url: string } };

/** The file of `protect` and `adopt --apply`. */
const includedName = 'kong-privatelink.d.yaml';

/** The configuration of an estate with one control plane. */
export function textOfOne(setting: Setting, { aws, konnect }: Servers): string {
  const controlPlane = `{ type: konnect, address: "${konnect.url}", name: ${controlPlaneName}, token: "\${KONNECT_TOKEN}" }`;
  return configurationText(setting, { awsUrl: aws.url, controlPlane, more: { include: [includedName] } });
}

/** Writes the configuration `text` and the credentials of an estate into a folder of their own. */
export function openFiles(setting: Setting, { aws }: Pick<Servers, 'aws'>, text: string): Promise<Files> {
  return openAll(async (opened) => {
    const folder = await mkdtemp(join(tmpdir(), 'kong-privatelink-sandbox-'));
    opened.add({ close: () => rm(folder, { recursive: true }) });
    const configPath = join(folder, 'kong-privatelink.yaml');
    const credentialsPath = join(folder, 'aws-credentials');
    const awsConfigPath = join(folder, 'aws-config');
    await writeFile(configPath, text, { mode: 0o600 });
    await writeFile(join(folder, includedName), '# What protect and adopt --apply write.\n', { mode: 0o600 });
    await writeFile(credentialsPath, credentialsText(setting.accounts), { mode: 0o600 });
    await writeFile(awsConfigPath, awsConfigText(setting, aws.url), { mode: 0o600 });
    const env = {
      AWS_SHARED_CREDENTIALS_FILE: credentialsPath,
      AWS_CONFIG_FILE: awsConfigPath,
      KONG_PRIVATELINK_CONFIG: configPath,
      KONNECT_TOKEN: token,
    };
    return { folder, configPath, credentialsPath, env, close: opened.close };
  });
}
