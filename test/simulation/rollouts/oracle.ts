import type { Entity, HeldEntity } from '#deck/document';
import type { Revision } from '#deck/revision';
import type { Sample } from '#sync/rollout/gates/gate';
import type { StageState } from '#sync/rollout/journal';
import { isSomethingElse, type Part, type Parts, partIn, textOfPart, textOfParts } from '../stages/parts';
import { isNameOfTarget } from '../stages/via';
import { type Configuration, earlierStages, type StageName } from './history';

// A rollout, written again: nothing here comes from sync/rollout/advance, deck/revision.ts or
// sync/plan/pin.ts, except the names of revisions in a journal and the content of their files.

export const bakeMs = 5_000;

/**
 * The result of a failed trial: the revision on trial, the one before, and whether the stage went
 * back.
 */
type Halt = { readonly content: Parts; readonly before: Parts; readonly isBack: boolean };

/** What the oracle knows about a stage. */
type Watched = {
  /** The allowed content: the revision that began last. */
  running: Parts;
  before: Parts;
  /** The last pass's goal. */
  wanted: Parts;
  /** How long its gates passed with the current content. */
  fineMs: number;
  wasFine: boolean;
  text: string;
  version: number;
  proved?: Parts;
  isApproved: boolean;
  hasFailed: boolean;
  halt?: Halt;
  /** The revisions that somebody let through, as text. */
  skipped: readonly string[];
};

export type OracleOptions = {
  readonly held: (stage: StageName) => readonly HeldEntity[];
  /** Changes with every write. */
  readonly versionOf: (stage: StageName) => number;
  readonly says: (stage: StageName) => Sample['kind'];
  readonly revision: (id: string) => Promise<Revision | undefined>;
};

export type Oracle = ReturnType<typeof createOracle>;

/** Follows what stages hold and what their gates say, and finds what must not be. */
export function createOracle({ held, versionOf, says, revision }: OracleOptions, names: readonly StageName[]) {
  const problems: string[] = [];
  const watched = new Map(names.map((name) => [name, nothingWatched()]));
  const of = (stage: StageName) => watched.get(stage) as Watched;
  const found = (problem: string) => void problems.push(problem);

  const holds = (stage: StageName): Parts => {
    const { running } = of(stage);
    const domains = withoutData(held(stage), running);
    for (const [domain, part] of domains)
      if ([...part.keys()].every((name) => !isKnown(running, domain, name))) domains.delete(domain);
    return { affinity: running.affinity, consumer: '', domains };
  };

  /** Former answers of gates are about other content. */
  function look(stage: StageName): void {
    const one = of(stage);
    const version = versionOf(stage);
    if (version === one.version) return;
    one.version = version;
    const text = textOfParts(holds(stage));
    if (text !== one.text) Object.assign(one, { text, fineMs: 0, proved: undefined, isApproved: false });
  }

  function begin(stage: StageName, { wanted, configuration, isPaused }: Beginning): void {
    const one = of(stage);
    if (isPaused) found(`${stage}: begins although rollouts are paused`);
    if (configuration.isFrozen) found(`${stage}: begins although rollouts are frozen`);
    const { halt } = one;
    if (halt?.isBack && !isSomethingElse(wanted, { from: halt.content, to: halt.before }))
      found(`${stage}: gets again what it went back from`);
    const changed = differing(one.running, wanted);
    for (const earlier of earlierStages[stage]) {
      if (of(earlier).skipped.includes(textOfParts(wanted))) continue;
      for (const problem of unproved(earlier, { wanted, changed, configuration })) found(`${stage}: ${problem}`);
    }
    Object.assign(one, { before: one.running, running: wanted, hasFailed: false, halt: undefined });
    Object.assign(one, { fineMs: 0, proved: undefined, isApproved: false });
  }

  function unproved(earlier: StageName, { wanted, changed, configuration }: Proving): readonly string[] {
    const { proved, isApproved, halt } = of(earlier);
    const isHalted = halt && changed.some((part) => isOf(part, halt) && isSame(part, wanted, halt.content));
    return [
      isHalted && `gets what ${earlier} halted with`,
      ...changed.map((part) => !(proved && isSame(part, wanted, proved)) && `gets ${part} before ${earlier} passed it`),
      configuration.approval.includes(earlier) && !isApproved && `begins before ${earlier} is approved`,
    ].flatMap((one) => one || []);
  }

  const partsIn = async (id: string | undefined): Promise<Parts | undefined> => {
    const one = id === undefined ? undefined : await revision(id);
    return one && partsOfRevision(one);
  };

  return {
    watched: of,
    holds,
    partsIn,
    look,
    found,
    hasFailed: (stage: StageName) => {
      of(stage).hasFailed = true;
    },
    /** This much time is about to pass. */
    tick: (ms: number) => {
      for (const stage of names) {
        look(stage);
        const one = of(stage);
        const said = says(stage);
        const isFine = said === 'pass' || said === 'pending';
        if (isFine || one.wasFine) one.fineMs += ms;
        if (said === 'fail') one.fineMs = 0;
        one.wasFine = isFine;
        if (one.fineMs >= bakeMs && said === 'pass') one.proved = holds(stage);
      }
    },
    /** The journal's new entry for a stage. */
    note: async (stage: StageName, { previous, next, ...beginning }: Noted) => {
      look(stage);
      const one = of(stage);
      if (next.trial?.verdict?.kind === 'pass' && previous.trial?.verdict?.kind !== 'pass') {
        if (!one.proved) found(`${stage}: passes a trial after its gates were fine for ${one.fineMs} ms`);
        if (one.halt && !one.halt.isBack) found(`${stage}: passes although it halted`);
      }
      if (next.pin && next.pin.revision !== previous.pin?.revision) {
        const to = await partsIn(next.pin.revision);
        if (!beginning.isByHand && !one.hasFailed) found(`${stage}: goes back although no gate failed`);
        if (to && beginning.isByHand) Object.assign(one, { halt: undefined, before: one.running, running: to });
        else if (to) Object.assign(one, { halt: { content: one.running, before: to, isBack: true }, running: to });
      } else if (next.runs !== previous.runs && !next.pin && !next.trial?.isFound)
        begin(stage, { ...beginning, wanted: one.wanted });
    },
    /**
     * Somebody lets these stages have what they wait for, and nothing else, even without proof from
     * the earlier stage.
     */
    skip: (earlier: StageName, stages: readonly StageName[]) => {
      of(earlier).skipped = stages.map((one) => textOfParts(of(one).wanted));
    },
    /** People were told that the stage halted. */
    halted: (stage: StageName) => {
      const one = of(stage);
      one.halt ??= { content: one.running, before: one.before, isBack: false };
    },
    /** Only the begun revision is written, and a repeated write is the same. */
    checkWritten: (stage: StageName, before: readonly HeldEntity[], beginning: Omit<Beginning, 'wanted'>) => {
      const after = holds(stage);
      const one = of(stage);
      const domains = new Set([...before.map(({ domain }) => domain), ...after.domains.keys()]);
      const were = withoutData(before, one.running);
      const isStrange = (domain: string) =>
        movedIn(were.get(domain) ?? new Map(), after.domains.get(domain)).some(
          ([name, text]) => one.running.domains.get(domain)?.get(name) !== text && isKnown(one.running, domain, name),
        );
      const strange = [...domains].filter(isStrange);
      if (strange.length > 0) begin(stage, { ...beginning, wanted: one.wanted });
      look(stage);
    },
    /** Throws the first finding. */
    raise: () => {
      const [problem] = problems.splice(0);
      if (problem !== undefined) throw new Error(problem);
    },
  };
}

type Beginning = { readonly wanted: Parts; readonly configuration: Configuration; readonly isPaused: boolean };
type Proving = Pick<Beginning, 'wanted' | 'configuration'> & { readonly changed: readonly string[] };
type Noted = Omit<Beginning, 'wanted'> & {
  readonly previous: StageState;
  readonly next: StageState;
  /** A person made it go back. */
  readonly isByHand: boolean;
};

export const nothing: Parts = { affinity: 'none', consumer: '', domains: new Map() };

function nothingWatched(): Watched {
  return {
    running: nothing,
    before: nothing,
    wanted: nothing,
    fineMs: 0,
    wasFine: false,
    text: '',
    version: 0,
    isApproved: false,
    hasFailed: false,
    skipped: [],
  };
}

/** Written entities of a domain, with their current content. */
function movedIn(before: Part, after: Part = new Map()): readonly (readonly [string, string | undefined])[] {
  const names = [...new Set([...before.keys(), ...after.keys()])];
  return names.filter((name) => before.get(name) !== after.get(name)).map((name) => [name, after.get(name)]);
}

/** The upstream of a domain outside the revision exists only for its targets, which are data. */
function isKnown({ domains }: Parts, domain: string, name: string): boolean {
  return domains.get(domain) !== undefined || !name.startsWith('upstream:');
}

const affinityPart = 'affinity';

function isSame(part: string, one: Parts, other: Parts): boolean {
  if (part === affinityPart) return one.affinity === other.affinity;
  return textOfPart(one.domains.get(part)) === textOfPart(other.domains.get(part));
}

function isOf(part: string, { content, before }: Halt): boolean {
  return !isSame(part, content, before);
}

function differing(one: Parts, other: Parts): readonly string[] {
  const names = new Set([affinityPart, ...one.domains.keys(), ...other.domains.keys()]);
  return [...names].filter((part) => !isSame(part, one, other));
}

function partsOfRevision({ affinity, base, entities }: Revision): Parts {
  const consumer = /username: (\w+)/.exec(base.map(({ text }) => text).join(''))?.[1] ?? '';
  return { affinity, consumer, domains: domainsOf(entities) };
}

/**
 * The held configuration. A name also comes and leaves with its domain's endpoints, which are data:
 * without targets a domain is as it runs.
 */
function withoutData(held: readonly HeldEntity[], { domains }: Parts): Map<string, Part> {
  const served = new Set(held.filter((one) => one.kind === 'target').map((one) => one.domain));
  const all = domainsOf(held);
  for (const [domain, part] of all) {
    if (served.has(domain)) continue;
    const names = [...(domains.get(domain) ?? [])].filter(([name]) => isNameOfTarget(name));
    all.set(domain, new Map([...part, ...names]));
  }
  return all;
}

function domainsOf(entities: readonly Entity[]): Map<string, Part> {
  return new Map([...new Set(entities.map((one) => one.domain))].map((one) => [one, partIn(entities, one)]));
}
