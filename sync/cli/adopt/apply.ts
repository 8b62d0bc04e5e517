import { formatProblem, PrivatelinkError } from '#core/errors';
import type { Adopted } from '#core/model';
import type { HeldEntity } from '#deck/document';
import type { Adoptable } from '../../adopt/adoptable';
import {
  type DomainOutcome,
  recordToUse,
  refusedOutcome,
  whyNamedOtherwise,
  whyNotAdopted,
} from '../../adopt/takeover/preview';
import { type AdoptionRecord, readRecord, recordPath, recordsBeside, writeRecord } from '../../adopt/takeover/record';
import { planTakeover, type Takeable, type Takeover, takeOverDomain } from '../../adopt/takeover/take-over';
import { backendOf } from '../../control-planes/backends';
import type { StageSession } from '../../rollout/open-stages';
import { whyUnconfirmed } from '../question';
import type { Shown } from '../verb';
import { formatTakeover, whatIsLeft } from './text';

export type AdoptingOptions = Shown & {
  /** The domain to adopt. Absent: all services that stay unchanged. */
  readonly domain?: string;
  /** Names of entities (`kind:key`) whose differences the user accepts. */
  readonly override?: readonly string[];
  /** Do not ask. */
  readonly yes?: boolean;
};

export type Adopting = {
  readonly session: StageSession;
  readonly options: AdoptingOptions;
  /** Services that lead to PrivateLink, and all entities of the control plane. */
  readonly found: { readonly adoptable: readonly Adoptable[]; readonly held: readonly HeldEntity[] };
  /** Absolute path of the included file that lists adopted domains. */
  readonly included: string;
  /** Reads all entities of the control plane now. Throws PrivatelinkError. */
  readonly readWhole: Takeable['readWhole'];
  readonly saveAdopted: (domain: string, adopted: Adopted | undefined) => Promise<void>;
  /** Throws where `saveAdopted` would throw. Writes nothing. */
  readonly proveSavable: Adopting['saveAdopted'];
};

/**
 * Takes over the selected domains, one after the other, and asks about each. Throws
 * PrivatelinkError for an unknown domain.
 */
export async function applyAdoption(adopting: Adopting, signal: AbortSignal): Promise<readonly DomainOutcome[]> {
  const { options, found } = adopting;
  const { domain } = options;
  checkOverrides(options, found.adoptable);
  const domains = domain === undefined ? found.adoptable.map((one) => one.domain) : [domain];
  const outcomes: DomainOutcome[] = [];
  for (const one of [...new Set(domains)]) {
    signal.throwIfAborted();
    outcomes.push(await adoptDomain(one, adopting, signal));
  }
  return outcomes;
}

/** Place of a domain's record for this control plane. */
export function recordPlaceOf({ config, stage }: StageSession, included: string, domain: string) {
  const controlPlane = backendOf(config.controlPlane).identity;
  return { path: recordPath(included, domain, stage), owner: config.owner, domain, controlPlane };
}

async function adoptDomain(domain: string, adopting: Adopting, signal: AbortSignal): Promise<DomainOutcome> {
  const { session, options, found, included } = adopting;
  const place = recordPlaceOf(session, included, domain);
  const recorded = await readRecord(place.path, place);
  const named = found.adoptable.filter((one) => one.domain === domain);
  // Several services may map to one domain. All but one are refused.
  const adoptable = named.find(({ refused }) => !refused) ?? named[0];
  const record = recordToUse({ recorded, adoptable }, found.held, place);
  if (!record) throw nothingToAdopt(domain, found.adoptable);
  const own = { domain, service: record.adopted.service, findings: adoptable?.findings ?? [] };
  const beside = await recordsBeside(place.path, domain);
  const problem =
    (record !== recorded && adoptable && whyNotAdopted(adoptable, new Set(options.override))) ||
    whyNamedOtherwise(record, session.settings[domain]?.adopted, beside);
  if (problem) return refusedOutcome(own, problem);
  const takeover = await planTakeover(session, { record, readWhole: async () => found.held }, signal);
  const tags = adoptable === undefined || record === recorded ? {} : adoptable.tags;
  const lacking = Object.keys(tags).filter((id) => Object.keys(tags[id] ?? {}).length > 0);
  return carryOut({ ...adopting, record, takeover, lacking, own }, place.path, signal);
}

type Carrying = Adopting & {
  readonly record: AdoptionRecord;
  readonly takeover: Takeover;
  /** Endpoints that lack tags. */
  readonly lacking: readonly string[];
  readonly own: Pick<DomainOutcome, 'domain' | 'service' | 'findings'>;
};

async function carryOut(carrying: Carrying, path: string, signal: AbortSignal): Promise<DomainOutcome> {
  const { session, options, record, takeover, lacking, own, included } = carrying;
  const { domain, adopted } = record;
  const { steps, problem } = takeover;
  const changes = [...steps.creates, ...steps.switches, ...steps.replaced];
  const isLacking = lacking.length > 0;
  if (problem && !isLacking) return refusedOutcome({ ...own, changes }, problem);
  if (!options.json)
    options.terminal.out(formatTakeover({ ...own, changes: isLacking ? [] : changes }, options.terminal));
  const unconfirmed = options.yes ? undefined : await whyUnconfirmed(questionOf(record, session), options);
  if (unconfirmed) return { ...own, state: 'refused', reason: unconfirmed, changes, files: [] };
  await carrying.proveSavable(domain, adopted);
  await writeRecord(path, record);
  await carrying.saveAdopted(domain, adopted);
  const files = [included, path];
  if (isLacking) return { ...own, state: 'waits', reason: waitingFor(domain, lacking), changes: [], files };
  const { results } = await takeOverDomain(session, { record, readWhole: carrying.readWhole }, signal);
  const reason = whatIsLeft(results, `adopt --apply ${domain}`);
  const state = reason === undefined ? 'adopted' : 'incomplete';
  return { ...own, state, reason, changes, applied: results, files };
}

function questionOf({ domain, adopted }: AdoptionRecord, { stage, place }: StageSession) {
  return { text: `Take over service ${adopted.service} as domain ${domain} in ${stage ?? place}?`, flag: '--yes' };
}

function waitingFor(domain: string, lacking: readonly string[]): string {
  return formatProblem({
    reason: `${lacking.join(', ')} ${lacking.length === 1 ? 'lacks' : 'lack'} tags, and nothing is switched before they have them`,
    fix: `put on the tags that adopt prints, then run adopt --apply ${domain} again`,
  });
}

function nothingToAdopt(domain: string, adoptable: readonly Adoptable[]): PrivatelinkError {
  const names = adoptable.map((one) => one.domain).join(', ') || 'nothing';
  return new PrivatelinkError(`adopt: no service that leads to PrivateLink would become domain ${domain}`, {
    code: 'CONFIG_INVALID',
    fix: `give one of the domains that adopt shows: ${names}`,
  });
}

/** An override without a matching difference is most likely a typing error. */
function checkOverrides({ override = [] }: AdoptingOptions, adoptable: readonly Adoptable[]): void {
  const differing = new Set(adoptable.flatMap(({ differences }) => differences.map(({ entity }) => entity)));
  const unknown = override.find((one) => !differing.has(one));
  if (unknown === undefined) return;
  throw new PrivatelinkError(`--override ${unknown}: this entity would not change`, {
    code: 'CONFIG_INVALID',
    fix: differing.size > 0 ? `entities that would change: ${[...differing].join(', ')}` : 'leave it out',
  });
}
