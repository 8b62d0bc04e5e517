import { PrivatelinkError } from '#core/errors';
import { parseAnyDeckFile } from '#deck/file/any';
import { createResolver } from '#discovery/providers/resolver';
import type { ReadSeen } from '#discovery/seen/read';
import { openSeen } from '#discovery/sources';
import { systemClock } from '#io/clock';
import { readRegular } from '#io/files';
import { withElapsed } from '#io/terminal';
import { parseDomainNames } from '../../adopt/domains';
import type { Others } from '../../adopt/managers';
import { type AdoptSources, readAdoptable } from '../../adopt/read';
import { formatAdopt, type TagsForm } from '../../adopt/told/text';
import { type AdoptView, adoptViewOf } from '../../adopt/told/view';
import { backendOf } from '../../control-planes/backends';
import { hasNoCredentials } from '../../pass/report';
import { openSources, type Session } from '../../pass/session';
import { exitCodeOfUncertain, exitCodes, type Strictness } from '../exit-codes';
import { perStage, type StageResult } from '../per-stage';
import type { Configured, Verb } from '../verb';
import { runTakeover, type TakeoverOptions } from './takeover';

export type AdoptVerbOptions = Configured &
  Strictness & {
    /** A decK file in place of the control plane. */
    readonly from?: string;
    /** Name of the only stage to use. */
    readonly stage?: string;
    /** `SERVICE=DOMAIN` each. */
    readonly domain?: readonly string[];
    /** Select tags of decK. */
    readonly selectTag?: readonly string[];
    /** Output form of the tags. */
    readonly tags?: string;
  } & TakeoverOptions;

/**
 * Shows existing services that lead to PrivateLink, and the effect of an adoption. Writes nothing.
 */
export const runAdopt: Verb<AdoptVerbOptions> = async (options, signal) => {
  const form = formOf(options);
  const names = parseDomainNames(options.domain ?? []);
  checkTogether(options);
  if (options.apply !== undefined || options.release !== undefined) {
    const { domain: _, ...takeover } = options;
    return runTakeover(takeover, (one) => sourcesOf(one, { names, selectTags: options.selectTag ?? [] }), signal);
  }
  const telling = { ...options, form };
  if (options.from !== undefined) {
    const result = await ofFile(options.from, { names, ...telling }, signal);
    options.terminal.out(options.json ? result.json() : result.text());
    return result.exitCode;
  }
  const readOnce = readOncePerRun();
  return perStage({ ...options, isReadOnly: true }, signal, {
    doing: 'looking for what can be adopted in',
    of: async (session, own) => {
      const sources = sourcesOf(session, { names, selectTags: options.selectTag ?? [] });
      const found = await readAdoptable({ ...sources, readScopes: readOnce(session, signal) }, own);
      return resultOf(adoptViewOf(found, { stage: session.stage, place: session.place }), telling);
    },
  });
};

/** All stages share one reading of AWS. */
function readOncePerRun() {
  let reading: ReturnType<ReadSeen> | undefined;
  return ({ config, clock }: Session, signal: AbortSignal): ReadSeen =>
    () => {
      reading ??= openSeen(config, { clock })(signal);
      return reading;
    };
}

type Given = Pick<AdoptSources, 'names'> & Pick<Others, 'selectTags'>;

/** Sources for reading one control plane. */
export function sourcesOf(session: Session, { names, selectTags }: Given): AdoptSources {
  const { config, base, clock } = session;
  const { readAll } = backendOf(config.controlPlane);
  if (!readAll) throw unreadable(session.place);
  const baseNames = new Set(base.entities.flatMap(({ name }) => name ?? []));
  return {
    owner: config.owner,
    names,
    others: { selectTags, baseNames },
    readHeld: readAll,
    readScopes: openSeen(config, { clock }),
    resolver: createResolver(),
  };
}

function unreadable(place: string): PrivatelinkError {
  const fix = 'dump it with `deck gateway dump`, and name that file in --from';
  return new PrivatelinkError(`${place} cannot be read without tags`, { code: 'CONTROL_PLANE', fix });
}

type Telling = Pick<AdoptVerbOptions, 'terminal' | 'strict'> & { readonly form: TagsForm };
type FileOptions = AdoptVerbOptions & Telling & Pick<Given, 'names'>;

async function ofFile(path: string, options: FileOptions, signal: AbortSignal): Promise<StageResult> {
  const config = openSources(options);
  const { held, selectTags } = parseAnyDeckFile(await readGiven(path, signal), path);
  const others = {
    selectTags: options.selectTag ?? [],
    baseNames: new Set<string>(),
    selectedBy: selectTags.length > 0 ? `${path} selects by ${selectTags.join(', ')}` : undefined,
  };
  const sources = {
    owner: config.owner,
    names: options.names,
    others,
    readHeld: async () => held,
    readScopes: openSeen(config, { clock: systemClock }),
    resolver: createResolver(),
  };
  const found = await withElapsed(options.terminal, 'reading AWS', () => readAdoptable(sources, signal));
  return resultOf(adoptViewOf(found, { place: path }), options);
}

async function readGiven(path: string, signal: AbortSignal): Promise<string> {
  try {
    return await readRegular(path, { signal });
  } catch (cause) {
    signal.throwIfAborted();
    const fix = 'name a file that this user may read: deck gateway dump -o kong.yaml writes one';
    throw new PrivatelinkError(`--from ${path} cannot be read`, { code: 'CONFIG_INVALID', fix, cause });
  }
}

function resultOf(told: AdoptView, { terminal, form, strict }: Telling): StageResult {
  return {
    exitCode: exitCodeOf(told, { strict }),
    json: () => `${JSON.stringify(told)}\n`,
    text: () => formatAdopt(told, form, terminal),
  };
}

function exitCodeOf(told: AdoptView, strictness: Strictness): number {
  if (hasNoCredentials(told)) return exitCodes.error;
  const uncertain = exitCodeOfUncertain({ ...told, quarantined: [] }, strictness);
  if (uncertain) return uncertain;
  return told.adoptable.some(({ refused }) => !refused) ? exitCodes.differs : exitCodes.done;
}

/** Throws for options that would have no effect. */
function checkTogether({ apply, release, from, override, yes }: AdoptVerbOptions): void {
  const isWriting = apply !== undefined || release !== undefined;
  const alone = [override && '--override', yes && '--yes'].find(Boolean);
  const reason =
    isWriting && from !== undefined
      ? '--from only shows: adopt cannot take over a file'
      : !isWriting && alone
        ? `${alone} is for --apply and --release`
        : undefined;
  if (reason !== undefined)
    throw new PrivatelinkError(reason, { code: 'CONFIG_INVALID', fix: 'leave one of the two out' });
}

function formOf({ tags = 'aws' }: AdoptVerbOptions): TagsForm {
  if (tags === 'aws' || tags === 'terraform') return tags;
  throw new PrivatelinkError(`--tags ${tags}: unknown form of tags`, {
    code: 'CONFIG_INVALID',
    fix: 'use aws or terraform',
  });
}
