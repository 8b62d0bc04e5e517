import { isLoopback } from '#core/addresses/loopback';
import { compareText } from '#core/addresses/targets';

/** Content of a first configuration. */
export type FirstConfig = {
  readonly owner: string;
  readonly regions: readonly RegionSeen[];
  /** Address of AWS's API. Absent: AWS's own address. */
  readonly endpoint?: string;
  readonly address: string;
  readonly controlPlane: string;
  /** Name of the environment variable that holds the token. */
  readonly tokenName: string;
};

/** Counts of VPC endpoints in a region. */
export type RegionSeen = {
  readonly region: string;
  readonly endpoints: number;
  /** Endpoints with the tag of a domain. */
  readonly tagged: number;
  /** Endpoints behind existing services. */
  readonly adoptable: number;
};

/** Returns the configuration file, with a comment for each key. All texts are quoted. */
export function configText({ owner, regions, endpoint, address, controlPlane, tokenName }: FirstConfig): string {
  const seen = regions.toSorted((a, b) => compareText(a.region, b.region));
  const { allow } = allowFor(endpoint);
  const source = ['  - name: hub', '    type: vpc-endpoints', `    regions: ${list(seen.map(({ region }) => region))}`];
  return `${[
    '# yaml-language-server: $schema=kong-privatelink.schema.json',
    '# The line above is for editors: `kong-privatelink schema --config > kong-privatelink.schema.json` writes that file.',
    '',
    '# A tag on all entities that are written. Unique for each configuration of the control plane.',
    `owner: ${text(owner)}`,
    '',
    "# The account of the process's own credentials; for others add accounts: [{ roleArn: … }].",
    ...seen.map((one) => `# ${wordsFor(one)}`),
    'sources:',
    ...source,
    ...(endpoint === undefined ? [] : [`    endpoint: ${text(endpoint)}`]),
    ...(allow ? [`    allow: { addresses: ${list(allow.addresses.map(text))} }`] : []),
    '',
    `# The token stands in the environment, not here.`,
    'controlPlane:',
    '  type: konnect',
    `  address: ${text(address)}`,
    `  name: ${text(controlPlane)}`,
    `  token: "\${${tokenName}}"`,
    '',
    '# Nothing is removed during the first trial. Delete this line when the diff looks right.',
    'policy: { mode: upsert-only }',
  ].join('\n')}\n`;
}

/**
 * Allows loopback addresses where AWS is on loopback: this is a sandbox, and its interfaces are on
 * loopback too.
 */
export function allowFor(endpoint: string | undefined): { readonly allow?: { readonly addresses: readonly string[] } } {
  return endpoint !== undefined && isLoopback(endpoint) ? { allow: { addresses: ['127.0.0.0/8'] } } : {};
}

function wordsFor({ region, endpoints, tagged, adoptable }: RegionSeen): string {
  return `${region}: ${endpoints} endpoints, ${tagged} tagged, ${adoptable} that services written by hand lead to`;
}

/** JSON is YAML. \`\${\` would name a variable, so it is escaped. */
function text(value: string): string {
  return JSON.stringify(value).replaceAll('${', '$${');
}

function list(values: readonly string[]): string {
  return `[${values.join(', ')}]`;
}
