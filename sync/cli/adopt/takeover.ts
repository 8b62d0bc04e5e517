import { isMap } from 'yaml';
import { PrivatelinkError } from '#core/errors';
import type { Adopted } from '#core/model';
import type { SeenEndpoint } from '#discovery/seen/model';
import { type Edit, editIncluded, proveEditable } from '../../adopt/included/file';
import { indexEndpoints } from '../../adopt/leads/endpoint-index';
import { hostStateIn } from '../../adopt/leads/host-state';
import { type AdoptSources, readAdoptable } from '../../adopt/read';
import type { DomainOutcome } from '../../adopt/takeover/preview';
import { hostsOf } from '../../adopt/takeover/record';
import { backendOf } from '../../control-planes/backends';
import type { StageSession } from '../../rollout/open-stages';
import { exitCodes, worstOf } from '../exit-codes';
import { perStage, type StageResult } from '../per-stage';
import type { Configured } from '../verb';
import { type Adopting, type AdoptingOptions, applyAdoption } from './apply';
import { recordToRelease, releaseDomain } from './release';
import { formatOutcome } from './text';

export type TakeoverOptions = Configured &
  Omit<AdoptingOptions, 'domain'> & {
    /** A domain, or true for all services that stay unchanged. */
    readonly apply?: string | true;
    /** The domain to release. */
    readonly release?: string;
    /** Name of the only stage to use. */
    readonly stage?: string;
  };

type SourcesOf = (session: StageSession) => AdoptSources;

/**
 * Takes services over, or releases them. Works on one control plane, because ids and records belong
 * to one.
 */
export async function runTakeover(
  options: TakeoverOptions,
  sourcesOf: SourcesOf,
  signal: AbortSignal,
): Promise<number> {
  const { apply, release } = options;
  if (apply !== undefined && release !== undefined) throw bothWays();
  const of = (session: StageSession, own: AbortSignal) => takeoverIn(session, { options, sourcesOf }, own);
  const ofOne = release === undefined ? '--apply' : '--release';
  const doing = 'reading the control plane and AWS';
  return perStage({ ...options, isFirstIncludeNew: true }, signal, { doing, isInOrder: true, ofOne, of });
}

function bothWays(): PrivatelinkError {
  return new PrivatelinkError('--apply and --release cannot be combined', {
    code: 'CONFIG_INVALID',
    fix: 'give one of the two',
  });
}

type Context = { readonly options: TakeoverOptions; readonly sourcesOf: SourcesOf };

async function takeoverIn(session: StageSession, context: Context, signal: AbortSignal): Promise<StageResult> {
  const { options, sourcesOf } = context;
  checkAdopts(session);
  const included = firstIncluded(session);
  const sources = sourcesOf(session);
  const named = { ...options, domain: domainOf(options) };
  const shared = { session, options: named, included, ...savingIn(included), readWhole: sources.readHeld };
  if (options.release === undefined)
    return resultOf(await applyAdoption({ ...shared, found: await readAdoptable(sources, signal) }, signal), session);
  const record = await recordToRelease(session, included, options.release);
  const read = await readAdoptable({ ...sources, alsoResolved: hostsOf(record) }, signal);
  const index = indexEndpoints(read.scopes, read.resolved);
  const claims = ({ tags, tagKeys }: SeenEndpoint) => tags[tagKeys.domain] === record.domain;
  const claiming = [...index.byId.values()].filter(claims).map(({ id }) => id);
  const releasing = { ...shared, record, held: read.held, standing: hostStateIn(index), claiming };
  return resultOf([await releaseDomain(releasing, signal)], session);
}

function savingIn(included: string): Pick<Adopting, 'saveAdopted' | 'proveSavable'> {
  const editOf =
    (domain: string, adopted: Adopted | undefined): Edit =>
    (document) => {
      setAdopted(document, domain, adopted);
      return true;
    };
  return {
    saveAdopted: async (...given) => void (await editIncluded(included, editOf(...given))),
    proveSavable: (...given) => proveEditable(included, editOf(...given)),
  };
}

function domainOf({ apply }: TakeoverOptions): string | undefined {
  return typeof apply === 'string' ? apply : undefined;
}

/** Throws where the control plane cannot adopt. Runs before any write, also to files. */
function checkAdopts({ config, place }: StageSession): void {
  const { whyNoAdoption } = backendOf(config.controlPlane);
  if (!whyNoAdoption) return;
  const { reason, fix } = whyNoAdoption;
  throw new PrivatelinkError(`adopt takes nothing over in ${place}: ${reason}`, { code: 'CONFIG_INVALID', fix });
}

function firstIncluded({ config }: StageSession): string {
  const [first] = config.include;
  if (first !== undefined) return first;
  throw new PrivatelinkError('adopt writes to the first file of include, and the configuration has no include', {
    code: 'CONFIG_INVALID',
    fix: 'add include: [kong-privatelink.d.yaml] to the configuration; adopt creates that file',
  });
}

type YamlDocument = Parameters<Edit>[0];

/** Sets or removes `domains.<domain>.adopted`. Removes a domain that becomes empty. */
function setAdopted(document: YamlDocument, domain: string, adopted: Adopted | undefined): void {
  if (adopted) {
    if (document.contents === null) document.contents = document.createNode({});
    document.setIn(['domains', domain, 'adopted'], document.createNode(adopted));
    return;
  }
  const own = document.getIn(['domains', domain], true);
  if (own === undefined) return;
  // Throws where the domain is no map of its own, for example an alias.
  document.deleteIn(['domains', domain, 'adopted']);
  for (const path of [['domains', domain], ['domains']]) {
    const left = document.getIn(path, true);
    if (isMap(left) && left.items.length === 0) document.deleteIn(path);
  }
}

const exitOf: Readonly<Record<DomainOutcome['state'], number>> = {
  adopted: exitCodes.done,
  released: exitCodes.done,
  waits: exitCodes.differs,
  refused: exitCodes.refused,
  incomplete: exitCodes.incomplete,
};

function resultOf(outcomes: readonly DomainOutcome[], { stage, place }: StageSession): StageResult {
  return {
    exitCode: worstOf(outcomes.map(({ state }) => exitOf[state])),
    json: () => `${JSON.stringify({ stage, place, domains: outcomes })}\n`,
    text: () =>
      outcomes.length > 0
        ? outcomes.map(formatOutcome).join('')
        : 'No service that people wrote points at a known endpoint\n',
  };
}
