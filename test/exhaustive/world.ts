import type { Endpoint, EndpointState, Scope, Via } from '#core/model';
import type { Answer } from '#discovery/source';
import { endpointOf } from '../support/builders';

/**
 * The smallest estates in which every rule about removals can fail: two scopes, two domains, three
 * targets, and two of the targets share an address. EC2 is always read as `hub` with the process's
 * own credentials. In `direct` the other scope is EC2 through a role. In `relayed` it is the
 * snapshot of another gateway, which also tells, late, about `hub`. `braked` is `direct` with so
 * many other targets that two removals trigger the brake. `switched` is `direct` while the
 * configuration switches the way of addresses to Kong.
 */
export type EstateName = 'direct' | 'relayed' | 'braked' | 'switched';

/**
 * How an endpoint is found: listed in a state, or not listed because its tag or the endpoint is
 * gone.
 */
export type Found = 'available' | 'pending' | 'rejected' | 'untagged' | 'deleted';

export type EndpointName = 'e1' | 'e2' | 'e3';
export type Listing = Readonly<Partial<Record<EndpointName, Found>>>;

/**
 * A scope's answer: its listing, no answer (`unknown`), or AWS's answer to credentials of another
 * account.
 */
export type Answered = Listing | 'unknown' | 'otherEmpty' | 'otherFull';

/**
 * The answer of the second scope. `late`: a snapshot shows e1 as it was a day ago. `again`: the
 * snapshot did not change.
 */
export type OtherAnswered = { readonly found: Listing; readonly late?: EndpointState } | 'again' | 'unknown';

/** One pass: the answers, and whether the process is new, with its disk or in an empty folder. */
export type Pass = {
  readonly hub: Answered;
  readonly other: OtherAnswered;
  readonly process: 'same' | 'restarted' | 'fresh';
  /** How addresses reach Kong; absent: each as a target. */
  readonly via?: Via;
};

export const hub: Scope = { id: 'hub.self.us-east-1', source: 'hub', account: 'self', region: 'us-east-1' };
const spoke: Scope = {
  id: 'spoke.333333333333.us-east-1',
  source: 'spoke',
  account: '333333333333',
  region: 'us-east-1',
};
const relay: Scope = { id: 'relay.snapshot.none', source: 'relay', account: 'snapshot', region: 'none' };

export const passMs = 100_000;
const dayMs = 24 * 3_600_000;
const ownAccount = '111111111111';
export const otherAccount = '222222222222';

const addresses = {
  e1: ['a', '10.0.0.1'],
  e2: ['a', '10.0.0.2'],
  e3: ['b', '10.0.0.1'],
  strange: ['b', '10.0.0.9'],
} as const;

export function idOf(name: keyof typeof addresses): string {
  return `vpce-${name}`;
}

/** The target key of an endpoint's address. */
export function addressKeyOf(endpointId: string): string {
  const found = Object.entries(addresses).find(([name]) => endpointId === `vpce-${name}`);
  const [domain, ip] = found?.[1] ?? ['', endpointId];
  return `${domain}.privatelink|${ip}:80`;
}

function endpoint(name: keyof typeof addresses, state: EndpointState, over: Partial<Endpoint>): Endpoint {
  const [domain, ip] = addresses[name];
  return endpointOf({ id: idOf(name), domain, state, addresses: [{ ip, region: 'us-east-1' }], ...over });
}

function listed(found: Listing, over: Partial<Endpoint>): readonly Endpoint[] {
  return (Object.entries(found) as [EndpointName, Found][]).flatMap(([name, state]) =>
    state === 'untagged' || state === 'deleted' ? [] : [endpoint(name, state, over)],
  );
}

/** The source's answer for `hub`; undefined: it fails. */
export function hubAnswerOf(answered: Answered): Answer | undefined {
  if (answered === 'unknown') return undefined;
  const over = { scopeId: hub.id };
  if (typeof answered !== 'string')
    return { endpoints: listed(answered, over), quarantined: [], accountId: ownAccount };
  const endpoints = answered === 'otherFull' ? [endpoint('strange', 'available', over)] : [];
  return { endpoints, quarantined: [], accountId: otherAccount };
}

/**
 * Whether EC2 does not know the endpoint's id. Another account, region or role knows none of these
 * ids.
 */
export function isUnknownId(answered: Answered | OtherAnswered, id: string): boolean {
  if (typeof answered === 'string') return answered !== 'unknown';
  const found: Listing = 'found' in answered ? answered.found : answered;
  const name = (['e1', 'e2', 'e3'] as const).find((one) => idOf(one) === id);
  return name !== undefined && (found[name] ?? 'deleted') === 'deleted';
}

/** The snapshot's file, or EC2 through a role, at `atMs`. */
export type File = { readonly content: Exclude<OtherAnswered, string>; readonly atMs: number };

function spokeAnswerOf({ content }: File): Answer {
  return { endpoints: listed(content.found, { scopeId: spoke.id }), quarantined: [] };
}

/** A snapshot in the form of its source: as old as its oldest part. */
function relayAnswerOf({ content: { found, late }, atMs }: File): Answer {
  const old = { scopeId: hub.id, atMs: atMs - dayMs, accountId: ownAccount };
  const fresh = { scopeId: 'writer.self.us-east-1', atMs };
  const endpoints = [
    ...(late ? [endpoint('e1', late, { scopeId: relay.id, observed: old })] : []),
    ...listed(found, { scopeId: relay.id, observed: fresh }),
  ];
  return { endpoints, quarantined: [], observedAtMs: late ? old.atMs : atMs };
}

export type Estate = {
  /** Always read, and always the same. */
  readonly fixed: readonly (readonly [Scope, Answer])[];
  readonly maxRemovePercent: number;
  readonly other: Scope;
  readonly otherAnswerOf: (file: File) => Answer;
  /** Only EC2 can be asked for ids. */
  readonly asksOther: boolean;
  /** The possible values of `via` in the configuration; undefined: it is absent. */
  readonly vias: readonly (Via | undefined)[];
  /** Every possible pass. */
  readonly passes: readonly Pass[];
  /** The endpoints of each scope. */
  readonly hubNames: readonly EndpointName[];
  readonly otherNames: readonly EndpointName[];
};

const fixedScope: Scope = { id: 'fixed.static.none', source: 'fixed', account: 'static', region: 'none' };

/** Targets without events. They make ten and more targets, the number at which the brake begins. */
const eight: Answer = {
  endpoints: Array.from({ length: 8 }, (_, index) =>
    endpointOf({
      id: `static-c-${index}`,
      domain: 'c',
      scopeId: fixedScope.id,
      addresses: [{ ip: `10.0.1.${index}`, region: 'none' }],
    }),
  ),
  quarantined: [],
};

/** How each endpoint may be found. */
type Alphabet = Readonly<Record<EndpointName, readonly Found[]>>;

const every: readonly Found[] = ['available', 'pending', 'rejected', 'untagged', 'deleted'];

/**
 * `whole`: each endpoint in every way. `short`: few enough ways that four passes take a minute or
 * two; e1 still appears in every way.
 */
export type AlphabetName = 'whole' | 'short';

const alphabets: Readonly<Record<EstateName, Readonly<Record<AlphabetName, Alphabet>>>> = {
  direct: {
    whole: { e1: every, e2: every, e3: every },
    short: { e1: every, e2: ['available', 'deleted'], e3: ['available', 'untagged'] },
  },
  braked: {
    whole: { e1: every, e2: every, e3: every },
    short: { e1: every, e2: ['available', 'deleted'], e3: ['available', 'rejected'] },
  },
  switched: {
    whole: { e1: every, e2: every, e3: every },
    short: { e1: every, e2: ['available', 'rejected', 'deleted'], e3: ['available'] },
  },
  // A snapshot cannot be asked for ids.
  relayed: {
    whole: {
      e1: every,
      e2: ['available', 'pending', 'rejected', 'untagged'],
      e3: ['available', 'rejected', 'untagged'],
    },
    short: { e1: every, e2: ['available', 'rejected', 'untagged'], e3: ['available'] },
  },
};

function listingsOf(names: readonly EndpointName[], alphabet: Alphabet): readonly Listing[] {
  return names.reduce<readonly Listing[]>(
    (before, name) => before.flatMap((one) => alphabet[name].map((state) => ({ ...one, [name]: state }))),
    [{}],
  );
}

/** A new process matters only when a scope is not read, or is read by strangers. */
function passesOf(hubs: readonly Answered[], others: readonly OtherAnswered[]): readonly Pass[] {
  return hubs.flatMap((answered) =>
    others.flatMap((other): readonly Pass[] => {
      const isWhole = typeof answered !== 'string' && typeof other !== 'string';
      const processes = isWhole ? (['same'] as const) : (['same', 'restarted', 'fresh'] as const);
      return processes.map((process) => ({ hub: answered, other, process }));
    }),
  );
}

/** The estate, and every possible pass over it. */
export function estateOf(name: EstateName, alphabetName: AlphabetName): Estate {
  const alphabet = alphabets[name][alphabetName];
  const estate = estates[name];
  const { hubNames, otherNames, asksOther } = estate;
  const lates = asksOther ? [undefined] : ([undefined, 'available', 'rejected'] as const);
  const others = listingsOf(otherNames, alphabet).flatMap((found) => lates.map((late) => ({ found, late })));
  const hubs = [...listingsOf(hubNames, alphabet), 'unknown', 'otherEmpty', 'otherFull'] as const;
  const passes = passesOf(hubs, [...others, ...(asksOther ? [] : ['again' as const]), 'unknown']);
  return { ...estate, passes: estate.vias.flatMap((via) => passes.map((pass) => (via ? { ...pass, via } : pass))) };
}

const direct: Omit<Estate, 'passes'> = {
  other: spoke,
  otherAnswerOf: spokeAnswerOf,
  asksOther: true,
  vias: [undefined],
  hubNames: ['e1', 'e3'],
  otherNames: ['e2'],
  fixed: [],
  maxRemovePercent: 30,
};

const estates: Readonly<Record<EstateName, Omit<Estate, 'passes'>>> = {
  direct,
  relayed: {
    ...direct,
    other: relay,
    otherAnswerOf: relayAnswerOf,
    asksOther: false,
    hubNames: ['e1'],
    otherNames: ['e2', 'e3'],
  },
  switched: { ...direct, vias: ['addresses', 'resolver'] },
  braked: { ...direct, fixed: [[fixedScope, eight]], maxRemovePercent: 15 },
};
