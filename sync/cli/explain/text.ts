import { printableData } from '#core/printable';
import { nameInParent, parentOfKey } from '#deck/keys';
import { formatTable } from '#io/table';
import { paint, type Terminal } from '#io/terminal';
import type { DomainAnswer, EndpointAnswer, Explanation } from '../../explain/answer';
import type { AbsenceProgress, Fate } from '../../explain/fates';
import { formatScopes, formatWarnings, pinnedTo } from '../../pass/report-text';
import { formatRouting } from './routing-text';

/** Formats an answer for people. Text from others stays on one line. */
export function formatAnswer(given: Explanation, terminal: Terminal): string {
  const answer = printableData(given);
  const { routing, routingNext, domains, scopes, warnings, refused, pinned, waits } = answer;
  return [
    formatSeen(answer, terminal),
    pinned ? `The control plane is pinned ${pinnedTo(pinned)}\n` : '',
    waits
      ? `The control plane stays at revision ${waits.revision}, and revision ${waits.newest} waits: ${waits.reason}\n`
      : '',
    refused ? `Policy refuses the next pass as a whole: ${refused}\n` : '',
    answer.isKnown ? '' : formatUnknown(answer),
    routing ? formatRouting(routing, 'takes') : '',
    routingNext ? `After the next pass:\n${formatRouting(routingNext, 'takes')}` : '',
    ...domains.map((one) => formatDomain(one, answer, terminal)),
    formatWarnings(warnings, terminal),
    formatScopes(scopes, terminal),
  ].join('');
}

function formatSeen({ question, seen, stage, controlPlane }: Explanation, terminal: Terminal): string {
  const place = stage === undefined ? controlPlane : `stage ${stage}, ${controlPlane}`;
  const who = seen.by === 'worker' ? `the worker's last pass, ${secondsOf(seen.ageMs)} s ago` : 'this command, now';
  return `${paint(terminal, 'bold', question)} in ${place}, as seen by ${who} (${seen.at})\n`;
}

function secondsOf(ms: number): number {
  return Math.round(ms / 1_000);
}

/** Formats an unsuccessful search. `adopt` finds services of people. */
function formatUnknown({ question, nearest, scopes, routing }: Explanation): string {
  const alike = nearest.length > 0 ? `; similar names: ${nearest.join(', ')}` : '';
  const unknown = scopes.some(({ status }) => status === 'unknown') ? '; an unknown scope may hold it' : '';
  const elsewhere = routing
    ? ''
    : 'explain reads endpoints with the domain tag of their source: aws ec2 describe-vpc-endpoints shows all tags.\nFor services that people wrote, see kong-privatelink adopt.\n';
  const callers = question.startsWith('vpce-')
    ? 'An endpoint of a caller is not a target: kong-privatelink contracts shows endpoints of callers.\n'
    : '';
  return `Nothing is found for ${question}${alike}${unknown}\n${elsewhere}${callers}`;
}

function formatDomain(domain: DomainAnswer, answer: Explanation, terminal: Terminal): string {
  const { endpoints, others, entities, kept, publications, picks } = domain;
  const title = (text: string) => `${paint(terminal, 'bold', text)}\n`;
  return [
    title(`Domain ${domain.domain || 'unknown'}`),
    endpoints.length > 0 ? formatEndpoints(endpoints, answer, terminal) : 'No endpoint claims this domain.\n',
    ...endpoints.flatMap(whyUnused),
    ...others.map((one) => `Endpoint ${one.endpointId} of domain ${one.domain} also claims ${one.path}.\n`),
    entities.length > 0
      ? formatEntities(entities, answer, terminal)
      : 'The control plane holds nothing of this domain.\n',
    ...kept.map(({ key, reason }) => `${key} stays: ${reason}\n`),
    ...publications.map(({ name, changes }) => `The next pass makes ${changes.length} changes in ${name}.\n`),
    picks.length > 0 ? formatPicks(picks, terminal) : '',
  ].join('');
}

/** Explains an endpoint without targets: people otherwise see only its state. */
function whyUnused({ id, state, quarantined }: EndpointAnswer): readonly string[] {
  if (quarantined) return [`Endpoint ${id} is in quarantine: ${quarantined.reason}. Fix: ${quarantined.fix}\n`];
  return state === 'pendingAcceptance' ? [`Endpoint ${id} waits until its provider accepts the connection.\n`] : [];
}

function formatEndpoints(endpoints: readonly EndpointAnswer[], { scopes }: Explanation, { columns }: Terminal): string {
  const ofScope = new Map(scopes.map((one) => [one.id, one]));
  const rows = endpoints.map(({ id, state, reason, scopeId, addresses, said, isListed, ...one }) => {
    const { status, ageMs } = ofScope.get(scopeId) ?? {};
    const age = ageMs === undefined ? 'never read' : `read ${secondsOf(ageMs)} s ago`;
    const places = addresses.map(({ address, zoneId }) => (zoneId ? `${address}@${zoneId}` : address));
    const words = isListed ? `${state ?? 'state unknown'}${reason ? ` (${reason})` : ''}` : 'not listed';
    const vpc = one.vpcId ? [one.vpcId] : [];
    return [id, [words, ...vpc].join(', '), status ? `${scopeId}: ${status}, ${age}` : scopeId, said, places.join(' ')];
  });
  return formatTable(['ENDPOINT', 'STATE', 'SCOPE', 'CLAIMS BY', 'ADDRESSES'], rows, columns);
}

/** Beyond this number, unchanged targets are only counted. */
const mostUnchanged = 20;

function formatEntities(entities: readonly Fate[], { seen }: Explanation, { columns }: Terminal): string {
  const isPlain = ({ kind, does, reason, blocked }: Fate) =>
    kind === 'target' && does === 'nothing' && !reason && !blocked;
  const plain = entities.filter(isPlain);
  const hidden = new Set(plain.slice(mostUnchanged));
  const shown = entities.filter((one) => !hidden.has(one));
  const rows = shown.map((one) => [
    one.kind,
    nameOfEntity(one),
    one.isHeld ? (one.id ?? '') : 'not there',
    doesOf(one),
    whyOf(one),
  ]);
  const head = ['KIND', 'NAME', 'ID', seen.by === 'worker' ? 'LAST PASS' : 'NEXT PASS', 'WHY'];
  const more = hidden.size > 0 ? `${hidden.size} more targets stay as they are (--json lists all)\n` : '';
  return `${formatTable(head, rows, columns)}${more}`;
}

function nameOfEntity({ kind, key }: Fate): string {
  return kind === 'target' ? `${nameInParent(key)} in ${parentOfKey(key)}` : nameInParent(key);
}

function doesOf({ does, blocked, isHeld, reason, came }: Fate): string {
  if (came && came.outcome !== 'applied') return `${blocked?.would ?? does}: ${came.outcome}`;
  if (blocked) return `${blocked.would}, not now`;
  if (does !== 'nothing') return does;
  return isHeld && reason ? 'stays' : 'as it is';
}

function whyOf({ reason, blocked, absences = [], came }: Fate): string {
  const left = absences.map(leftOf).filter((one) => one !== '');
  return [reason, blocked?.reason, came?.error, ...left].filter((one) => one).join('; ');
}

/** Formats the remaining absences and time. The plan's own words tell the progress so far. */
function leftOf({ endpointId, count, of, seconds, ofSeconds }: AbsenceProgress): string {
  const [more, time] = [of - count, ofSeconds - seconds];
  if (more <= 0 && time <= 0) return '';
  const who = endpointId === undefined ? '' : `${endpointId}: `;
  const absences = `${Math.max(more, 0)} more ${more === 1 ? 'absence' : 'absences'}`;
  return `${who}${absences} and ${Math.max(time, 0)} s to go`;
}

const deciders = {
  upstream: "Kong's balancer",
  plugin: 'the plugin in target mode, where it is on',
  resolver: 'the resolver',
} as const;

function formatPicks(picks: DomainAnswer['picks'], { columns }: Terminal): string {
  const rows = picks.flatMap(({ by, zoneId = 'any', upstream, targets }) =>
    targets.map((one) => [
      zoneId,
      upstream === undefined ? deciders[by] : `${deciders[by]}, ${upstream}`,
      `${one.address}${one.zoneId ? `@${one.zoneId}` : ''}`,
      `${one.percent} %`,
      one.endpointId ?? '',
    ]),
  );
  return formatTable(['DATA PLANE IN', 'BY', 'PICKS', 'SHARE', 'ENDPOINT'], rows, columns);
}
