import { writeFile } from 'node:fs/promises';
import { configPath } from '#config/file';
import { hasCode, messageOf, PrivatelinkError } from '#core/errors';
import { isThere, writeFix } from '#io/files';
import { type Terminal, withElapsed } from '#io/terminal';
import { examine } from '../../doctor/examine';
import { called } from '../called';
import { formatChecks } from '../commands/doctor';
import { pluginSchemas } from '../commands/schema';
import { exitCodes } from '../exit-codes';
import type { Configured, Verb } from '../verb';
import { configText, type FirstConfig, type RegionSeen } from './config-text';
import { listPlanes, look, regionsToAsk, sourceIn } from './look';

type InitOptions = Configured & {
  readonly owner?: string;
  readonly region?: readonly string[];
  /** Address of Konnect's API. */
  readonly address?: string;
  readonly controlPlane?: string;
  /** Name of the environment variable that holds the token. */
  readonly tokenVariable?: string;
  /** Address of AWS's API. */
  readonly endpoint?: string;
};

/**
 * Writes a first configuration from what the credentials and the token can read, and checks it.
 * Never replaces a file.
 */
export const runInit: Verb<InitOptions> = async (options, signal) => {
  const { terminal, json } = options;
  const path = configPath({ path: options.config, env: terminal.env });
  if (await isThere(path)) throw occupied(path);
  const config = await withElapsed(terminal, 'looking at Konnect and AWS', () => compose(options, signal));
  const text = configText(config);
  if (!(await isAgreed(`Write ${path}?`, options)))
    throw declined(`--config: ${path} was not written, because the answer was no`, 'name another file with -c');
  await writeNew(path, text);
  const checks = await examine({ ...options, config: path }, pluginSchemas(), signal);
  const failed = checks.some(({ result }) => result === 'failed');
  if (json) terminal.out(`${JSON.stringify({ path, text, ...summaryOf(config), checks })}\n`);
  else terminal.out(`wrote ${path}\n${formatChecks(checks, terminal)}${nextSteps(config.regions)}`);
  return failed ? exitCodes.error : exitCodes.done;
};

function summaryOf({ owner, controlPlane, regions }: FirstConfig) {
  return { owner, controlPlane, regions };
}

/** Konnect's API in the region of most accounts. */
const usualAddress = 'https://us.api.konghq.com';

async function compose(options: InitOptions, signal: AbortSignal): Promise<FirstConfig> {
  const { address = usualAddress, tokenVariable: tokenName = 'KONNECT_TOKEN', endpoint, terminal } = options;
  const token = tokenOf(tokenName, terminal);
  const controlPlane = await choosePlane(await listPlanes({ address, token }, signal), options);
  const owner = ownerOf(options, controlPlane);
  const asked = await regionsToAsk({ regions: options.region ?? [], endpoint }, terminal.env, signal);
  const source = sourceIn({ regions: asked, endpoint });
  const { seen, unknown } = await look({ source, owner, address, token, controlPlane }, signal);
  for (const { scope, reason } of unknown) terminal.err(`region ${scope.region} is left out: ${reason}\n`);
  const regions = await chooseRegions(seen, options);
  return { owner, regions, endpoint, address, controlPlane, tokenName };
}

function tokenOf(name: string, { env }: Terminal): string {
  const token = env[name]?.trim();
  if (token) return token;
  throw new PrivatelinkError(`the environment has no ${name}, the token of Konnect`, {
    code: 'CONTROL_PLANE_AUTH',
    fix: `create a personal or system access token in Konnect, and run export ${name}=…; --token-variable names another variable`,
  });
}

async function choosePlane(names: readonly string[], options: InitOptions): Promise<string> {
  const { controlPlane: wanted } = options;
  if (wanted !== undefined) {
    if (names.includes(wanted)) return wanted;
    throw declined(
      `--control-plane ${wanted}: the token sees no control plane of that name`,
      `name one of ${names.join(', ')}`,
    );
  }
  const [only] = names;
  if (only !== undefined && names.length === 1) return only;
  for (const name of names)
    if (hasPerson(options) && (await isAgreed(`Write to control plane ${name}?`, options))) return name;
  throw declined('the token sees several control planes', `name one with --control-plane: ${names.join(', ')}`);
}

/** Returns the owner. Kong accepts these characters in a tag. */
function ownerOf({ owner }: InitOptions, controlPlane: string): string {
  if (owner === undefined) return controlPlane.replace(/[^A-Za-z0-9._-]+/g, '-').slice(0, 100);
  if (/^[A-Za-z0-9._-]{1,100}$/.test(owner)) return owner;
  throw declined(`--owner ${owner}: not a valid owner`, 'use letters, digits, dot, dash and underscore, at most 100');
}

async function chooseRegions(seen: readonly RegionSeen[], options: InitOptions): Promise<readonly RegionSeen[]> {
  if (options.region) return seen;
  const useful = seen.filter(({ tagged, adoptable }) => tagged + adoptable > 0);
  const found = useful.length > 0 ? useful : seen.filter(({ endpoints }) => endpoints > 0);
  const chosen: RegionSeen[] = [];
  for (const one of found)
    if (await isAgreed(`Read region ${one.region} (${one.endpoints} endpoints)?`, options)) chosen.push(one);
  if (chosen.length > 0) return chosen;
  const fix = 'name the regions to read with --region, or use credentials of the account that holds the endpoints';
  throw declined('no region that was read holds a VPC endpoint to use', fix);
}

function hasPerson({ json, terminal }: InitOptions): boolean {
  return !json && terminal.confirm !== undefined;
}

/** Asks a person. Without a terminal the options are the answer. */
async function isAgreed(question: string, options: InitOptions): Promise<boolean> {
  return hasPerson(options) ? ((await options.terminal.confirm?.(question)) ?? true) : true;
}

function declined(reason: string, fix: string): PrivatelinkError {
  return new PrivatelinkError(reason, { code: 'CONFIG_INVALID', fix });
}

function occupied(path: string): PrivatelinkError {
  return new PrivatelinkError(`${path} exists already, and init never replaces a file`, {
    code: 'CONFIG_INVALID',
    fix: 'name another file with -c, or edit this file: doctor checks it',
  });
}

/** Writes the file. Fails where another process created it in the meantime. */
async function writeNew(path: string, text: string): Promise<void> {
  await writeFile(path, text, { flag: 'wx' }).catch((cause: unknown) => {
    if (hasCode(cause, 'EEXIST')) throw occupied(path);
    const fix = writeFix(cause, 'make its folder, and let this user write there');
    throw new PrivatelinkError(`cannot write ${path} (${messageOf(cause)})`, { code: 'STATE', fix, cause });
  });
}

function nextSteps(regions: readonly RegionSeen[]): string {
  const adoptable = regions.reduce((sum, one) => sum + one.adoptable, 0);
  const first = adoptable > 0 ? `${called} adopt shows what services written by hand lead to; ` : '';
  return `Next: ${first}${called} diff shows what sync would write\n`;
}
