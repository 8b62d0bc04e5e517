import type { DeckConfig } from '#config/schema';
import { differencesOf } from '#deck/compare';
import type { HeldEntity } from '#deck/document';
import { type Document, nameOf } from '#deck/document';
import { type Base, emptyBase } from '#deck/file/base';
import { renderText } from '#deck/file/write';
import { isGenerated, selectTags } from '#deck/tags';
import { telling } from '#io/api-calls';
import type { Change } from '../../plan/changes';
import { foreignAmong } from '../../plan/foreign-entities';
import type { DocumentControlPlane, FailedChange } from '../control-plane';
import { applyTo } from '../deck-file/apply-to';
import { maskOf } from '../kong-api/secrets';
import { readTls } from '../kong-api/tls';
import { binaryOf, checkVersion, deckEnvironmentOf } from './binary';
import { deckError, parseDump, parseSyncErrors } from './output';
import { runDeck } from './run';

export type DeckOptions = {
  readonly base?: Base;
  readonly env?: Readonly<Record<string, string | undefined>>;
};

const readTimeoutMs = 120_000;
/** 10,000 targets took decK 39 s on loopback (measured). A distant control plane gets much more. */
const writeTimeoutMs = 900_000;

/**
 * Connects, for `owner`, a control plane through the decK binary; runs nothing yet. Every method
 * throws PrivatelinkError, or the signal's reason when aborted.
 */
export function connectDeck(
  config: DeckConfig,
  owner: string,
  { base = emptyBase, env = {} }: DeckOptions = {},
): DocumentControlPlane {
  const binary = binaryOf(config, env);
  const ownTags = selectTags(owner);
  const { name: controlPlaneName, workspace } = config;
  const toText = (document: Document) => renderText(document, { owner, controlPlaneName, workspace, base });
  const environment = deckEnvironmentOf(config, env, base.variables);
  const mask = maskOf(config);
  const deck = (argv: readonly string[], options: RunOptions, signal: AbortSignal) =>
    telling({ api: 'deck', action: argv.slice(0, 2).join(' ') }, async () => {
      const command = { binary, argv: [...argv, ...addressOf(config)], env: environment, ...options };
      const result = await runDeck(command, signal);
      if (result.exitCode !== 0) throw deckError(argv, mask(result.err));
      return result.out;
    });
  const dump = async (tags: readonly string[], signal: AbortSignal) => {
    const select = tags.flatMap((tag) => ['--select-tag', tag]);
    const argv = ['gateway', 'dump', '--yes', '--format', 'json', '--output-file', '-', ...select];
    return parseDump(await deck(argv, { timeoutMs: readTimeoutMs }, signal));
  };
  const readOwn = async (signal: AbortSignal) =>
    (await dump(ownTags, signal)).filter((one) => isGenerated(one.tags, ownTags));
  return {
    takes: 'document',
    hasBase: base.files.length > 0,
    read: async (signal) => {
      await checkVersion(binary, environment, signal);
      // decK reports an error in a TLS file without naming the file.
      if (config.tls) await readTls(config.tls);
      return readOwn(signal);
    },
    // decK does not find names outside its select tags, and fails on them halfway.
    readForeign: async (upserts, signal) => foreignAmong(await dump([], signal), upserts, ownTags),
    writeAll: async (changes, signal) => {
      const input = toText(applyTo(await readOwn(signal), changes));
      const argv = ['gateway', 'sync', '--yes', '--json-output', '-'];
      const errors = parseSyncErrors(await deck(argv, { timeoutMs: writeTimeoutMs, input }, signal));
      if (errors.length === 0) return [];
      const thrown = deckError(argv, mask(errors.join('; ')));
      const failed = notMade(changes, await readOwn(signal), thrown);
      if (failed.length === 0) throw thrown;
      return failed;
    },
    // decK cannot tell.
    readRollout: async () => ({ nodes: 0, inSync: 0 }),
  };
}

type RunOptions = { readonly timeoutMs: number; readonly input?: string };

function addressOf({ address, name, workspace = 'default' }: DeckConfig): readonly string[] {
  const admin = ['--kong-addr', address, ...(workspace === 'default' ? [] : ['--workspace', workspace])];
  const flags = name === undefined ? admin : ['--konnect-addr', address, '--konnect-control-plane-name', name];
  return [...flags, '--analytics=false', '--no-color'];
}

/** decK stops at the first error and does not say what it made before. The control plane says. */
function notMade(changes: readonly Change[], held: readonly HeldEntity[], thrown: unknown): readonly FailedChange[] {
  const byName = new Map(held.map((one) => [nameOf(one), one]));
  const isMade = (change: Change) => {
    const now = byName.get(nameOf(change));
    return change.after ? now !== undefined && differencesOf(change.after, now).length === 0 : now === undefined;
  };
  return changes.filter((change) => !isMade(change)).map((change) => ({ change, thrown }));
}
