import { rm } from 'node:fs/promises';
import { PrivatelinkError, type Problem } from '#core/errors';
import type { HeldEntity } from '#deck/document';
import { isGenerated, selectTags } from '#deck/tags';
import { writeInSteps } from '../../adopt/takeover/in-steps';
import { type DomainOutcome, refusedOutcome } from '../../adopt/takeover/preview';
import { type AdoptionRecord, proveRemovable, readRecord, recordsBeside } from '../../adopt/takeover/record';
import { type HostState, planRelease } from '../../adopt/takeover/release';
import { whyProtected } from '../../plan/protect/retire';
import type { StageSession } from '../../rollout/open-stages';
import { writing } from '../../rollout/run-stage';
import { whyUnconfirmed } from '../question';
import { type Adopting, recordPlaceOf } from './apply';
import { formatTakeover, whatIsLeft } from './text';

export type Releasing = Omit<Adopting, 'found'> & {
  readonly record: AdoptionRecord;
  readonly held: readonly HeldEntity[];
  readonly standing: HostState;
  /** Endpoints that still claim the domain. */
  readonly claiming: readonly string[];
};

/** Reads the record of a domain to release. Throws PrivatelinkError without a record. */
export async function recordToRelease(
  session: StageSession,
  included: string,
  domain: string,
): Promise<AdoptionRecord> {
  const { path, ...place } = recordPlaceOf(session, included, domain);
  const record = await readRecord(path, place);
  if (!record) throw noRecord(domain, path);
  return record;
}

/** Gives a domain back to people, in the form of its record. */
export async function releaseDomain(releasing: Releasing, signal: AbortSignal): Promise<DomainOutcome> {
  const { session, options, record, held, standing, included, claiming } = releasing;
  const { domain } = record;
  const { path } = recordPlaceOf(session, included, domain);
  const { steps, replaced, problem } = planRelease(record, held, standing);
  const changes = steps.flat();
  const beside = await recordsBeside(path, domain);
  const own = {
    domain,
    service: record.adopted.service,
    findings: findingsOf(domain, { replaced, claiming, beside }),
    changes,
  };
  const refused = whyKept(releasing, domain) ?? problem;
  if (refused) return refusedOutcome(own, refused);
  if (!options.json) options.terminal.out(formatTakeover(own, options.terminal));
  const question = { text: `Give service ${record.adopted.service} back as it was?`, flag: '--yes' };
  const unconfirmed = options.yes ? undefined : await whyUnconfirmed(question, options);
  if (unconfirmed) return { ...own, state: 'refused', reason: unconfirmed, files: [] };
  await releasing.proveSavable(domain, undefined);
  await proveRemovable(path);
  const results = await writing(session, signal, (writer, inner) =>
    writeInSteps(
      // Reads again, so that edits made in the meantime stay.
      steps.map((_, index) => async () => stepNow(record, releasing, inner).then((now) => now[index] ?? [])),
      writer,
      inner,
    ),
  );
  const reason = whatIsLeft(results, `adopt --release ${domain}`);
  if (reason !== undefined) return { ...own, state: 'incomplete', reason, applied: results, files: [] };
  if (beside.length === 0) await releasing.saveAdopted(domain, undefined);
  await rm(path, { force: true });
  return { ...own, state: 'released', applied: results, files: [...(beside.length === 0 ? [included] : []), path] };
}

/**
 * Returns the protection that forbids a release: generated entities leave, and managed entities
 * lose their owner, as with retire.
 */
function whyKept({ held, session: { owner, protect = [] } }: Releasing, domain: string): Problem | undefined {
  const ours = held.filter(({ tags }) => isGenerated(tags, selectTags(owner)));
  return whyProtected(domain, ours, { protect, next: `run adopt --release ${domain} again` });
}

async function stepNow(record: AdoptionRecord, { readWhole, standing }: Releasing, signal: AbortSignal) {
  const { steps, problem } = planRelease(record, await readWhole(signal), standing);
  if (problem) throw new PrivatelinkError(problem.reason, { code: 'REJECTED', fix: problem.fix });
  return steps;
}

type Findings = {
  readonly replaced: readonly string[];
  readonly claiming: readonly string[];
  /** Records of the domain in other control planes. */
  readonly beside: readonly string[];
};

function findingsOf(domain: string, { replaced, claiming, beside }: Findings): readonly string[] {
  return [
    ...replaced.map((name) => `${name} does not come back: AWS has replaced its endpoint`),
    ...(beside.length > 0
      ? [`domains.${domain}.adopted stays in the file, for the control plane of ${beside.join(', ')}`]
      : []),
    ...(claiming.length > 0 && beside.length === 0
      ? [
          `${claiming.join(', ')} still ${claiming.length === 1 ? 'claims' : 'claim'} domain ${domain}: remove the domain tag, or the next sync creates a service ${domain} beside this one`,
        ]
      : []),
  ];
}

function noRecord(domain: string, path: string): PrivatelinkError {
  return new PrivatelinkError(`adopt --release ${domain}: there is no record at ${path}`, {
    code: 'CONFIG_INVALID',
    fix: 'restore the committed record; without a record, remove the tags by hand',
  });
}
