import { isDeepStrictEqual } from 'node:util';
import { parse } from 'yaml';
import { refusedKind } from '#core/addresses/rule';
import { settleClaims } from '#core/claims/settle';
import { PrivatelinkError } from '#core/errors';
import type { Discovered, Scope, Snapshot } from '#core/model';
import { resolveRoutes } from '#data-plane/reach/resolve';
import { renderDesired } from '#deck/desired';
import type { Document, HeldEntity } from '#deck/document';
import { renderText } from '#deck/file/write';
import { parseSnapshot, serialiseSnapshot } from '#discovery/snapshot/file';
import { createOutput } from '#io/output';
import type { Terminal } from '#io/terminal';
import { bodyOf } from '#sync/control-planes/kong-api/entities';
import { entityPath } from '#sync/control-planes/kong-api/paths';
import { planPass } from '#sync/pass/plan-pass';
import { type Report, reportScope, serialiseReport } from '#sync/pass/report';
import { formatReport } from '#sync/pass/report-text';
import type { Change } from '#sync/plan/changes';
import { endpointOf, hubScope, knownScope, snapshotOf } from '../../support/builders';
import { readAsDeck } from '../../support/deck-yaml';
import { refusedByKong } from './kong-rules';

/**
 * The possible results of a hostile input, by the rules of the reader: Kong, a terminal, a log, a
 * scraper. Each judge throws at a broken rule.
 */

export function must(holds: boolean, what: () => string): void {
  if (!holds) throw new Error(what());
}

/**
 * Returns the result, or undefined when the product refuses in its own words, which are for people.
 */
export async function orRefusal<T>(work: () => Promise<T> | T): Promise<T | undefined> {
  try {
    return await work();
  } catch (thrown) {
    if (!(thrown instanceof PrivatelinkError)) throw thrown;
    expectHarmless(`${thrown.message}\n`);
    must(
      !/\[native code\]|\[object Object\]|is undefined/.test(thrown.reason),
      () => `no words for people: ${thrown.reason}`,
    );
    return undefined;
  }
}

/** What a terminal obeys, but for what gives text its shape. */
const unprintable = /[\p{Cf}\p{Zl}\p{Zp}]|(?![\t\n])\p{Cc}/u;
const ownColours = new RegExp(`${String.fromCharCode(27)}\\[(?:[12]|22|3[1-39])m`, 'g');

/** As it goes to a pipe, a log and a terminal. */
function printed(text: string, isTerminal = false): string {
  let out = '';
  const sink = (given: string) => {
    out = given;
  };
  createOutput(sink, isTerminal).write(text);
  return out;
}

export function expectHarmless(text: string): void {
  must(!unprintable.test(printed(text)), () => `a terminal would obey ${JSON.stringify(text.slice(0, 2_000))}`);
}

/** How many lines a report has without changes: one for each thing that it says. */
function linesOf({ changes, kept, quarantined, scopes, warnings, conflicts = [] }: Report): number | undefined {
  if (changes.length > 0 || kept.length > 0) return undefined;
  const ours = quarantined.filter(({ code }) => code !== 'other-gateway');
  return warnings.length + conflicts.length + ours.length + scopes.filter(({ status }) => status === 'unknown').length;
}

function countOf(text: string): number {
  return text.split('\n').length - 1;
}

const terminals = [false, true].map((isTerminal): Terminal => ({ env: {}, out: () => {}, err: () => {}, isTerminal }));

/** A report as people and as scripts read it. */
export function expectHarmlessReport(report: Report): void {
  for (const terminal of terminals) {
    const text = printed(formatReport(report, terminal), terminal.isTerminal).replace(ownColours, '');
    must(
      !unprintable.test(text) && (linesOf(report) ?? countOf(text)) === countOf(text),
      () => `a terminal would obey ${JSON.stringify(text.slice(0, 2_000))}`,
    );
  }
  const line = serialiseReport(report);
  must(printed(line).trimEnd() === printed(line.trimEnd()), () => 'a report is one line');
  must(
    JSON.stringify(JSON.parse(printed(line))) === JSON.stringify(JSON.parse(line)),
    () => 'JSON says the same where it is escaped',
  );
  must(!unprintable.test(printed(line)), () => `a terminal would obey ${line.slice(0, 2_000)}`);
}

/** What goes to Kong, entity by entity, and as a decK file. */
export function expectKongTakes(document: Document): void {
  const refused = document.flatMap(refusedByKong);
  must(refused.length === 0, () => `Kong refuses ${refused.join(', ')}`);
}

type Nested = { readonly [key: string]: unknown };
const children = {
  services: 'service',
  upstreams: 'upstream',
  routes: 'route',
  targets: 'target',
  plugins: 'plugin',
} as const;

export function expectDeckFile(document: Document): void {
  const text = renderText(withoutNumbers(document), { owner: 'test' });
  must(!text.includes('${{'), () => `decK would fill in ${text}`);
  must(printed(text) === text && !unprintable.test(text), () => 'a decK file is text that can be printed');
  const read = parse(text);
  // decK reads YAML 1.1 and others do not. No value may be a text for only one of them (fm-57).
  must(isDeepStrictEqual(readAsDeck(text), read), () => `decK reads otherwise ${text}`);
  const refused = below(read).flatMap(refusedByKong);
  must(refused.length === 0, () => `Kong refuses of the file ${refused.join(', ')}`);
}

function below(
  one: Nested,
): readonly { readonly kind: string; readonly fields: Nested; readonly tags: readonly unknown[] }[] {
  return Object.entries(children).flatMap(([list, kind]) =>
    ((one[list] ?? []) as readonly Nested[]).flatMap(({ tags, ...fields }) => [
      { kind, fields, tags: tags as readonly unknown[] },
      ...below(fields),
    ]),
  );
}

/**
 * Without the lists of statuses: some hundred numbers take longer to write than everything else,
 * and none is a text.
 */
export function withoutNumbers(document: Document): Document {
  return JSON.parse(JSON.stringify(document, (key, value) => (key === 'http_statuses' ? [] : value)));
}

/** Domain and address of what stands beside each hostile item, which must come through. */
export const good = { domain: 'good', id: 'vpce-0600d', ip: '10.0.0.1' } as const;

/** Most inputs cost their own item alone, so that what is left is the same again and again. */
const judged = new Set<string>();

/**
 * Judges an answer: no forbidden target, nothing that Kong refuses, and the good endpoint is there
 * and served.
 */
export function expectRouted(discovered: Discovered, scope: Scope = hubScope): void {
  const { endpoints, quarantined } = discovered;
  const own = endpoints.filter(({ domain }) => domain === good.domain);
  must(own.length > 0, () => `what was good is lost: ${JSON.stringify(quarantined)}`);
  const targets = expectSafe(discovered, scope);
  must(own.length > 1 || (targets?.has(`${good.ip}:80`) ?? true), () => 'what was good is not served');
}

/**
 * The same, wherever the good endpoint went. Returns the targets; undefined when they were judged
 * before.
 */
export function expectSafe(discovered: Discovered, scope: Scope = hubScope): ReadonlySet<unknown> | undefined {
  const { endpoints, quarantined } = discovered;
  const snapshot: Snapshot = {
    takenAtMs: 1_000,
    scopes: [{ status: 'known', scope, observedAtMs: 1_000, discovered }],
  };
  if (quarantined.length > 0) expectHarmlessReport(reportOf(snapshot));
  const key = JSON.stringify(endpoints);
  if (judged.has(key)) return undefined;
  judged.add(key);
  for (const { id, addresses } of endpoints)
    for (const { ip } of addresses)
      must(refusedKind({ ip, endpointId: id, granted: [] }) === undefined, () => `${ip} may be no target`);
  const { domains } = settleClaims(snapshot);
  const document = renderDesired({ owner: 'test', domains, settings: {}, affinity: 'weighted' });
  expectKongTakes(document);
  expectDeckFile(document);
  resolveRoutes(snapshot, 'use1-az1');
  const text = serialiseSnapshot(snapshot, 'test');
  parseSnapshot(text, { from: 'memory', owner: 'test' });
  return new Set(document.map(({ fields }) => fields.target));
}

export function reportOf({ scopes, warnings = [] }: Snapshot, over: Partial<Report> = {}): Report {
  const quarantined = scopes.flatMap((one) => (one.status === 'known' ? one.discovered.quarantined : []));
  return {
    owner: 'test',
    scopes: scopes.map((one) => reportScope(one, 2_000)),
    quarantined,
    changes: [],
    kept: [],
    warnings,
    ...over,
  };
}

/** Prometheus' text format 0.0.4: comments, and names with a number. */
export function expectMetrics(text: string): void {
  const line = /^(# (HELP|TYPE) [a-zA-Z_:][\w:]* \P{Cc}*|[a-zA-Z_:][\w:]*(\{[^}]*\})? (-?\d[\d.e+-]*|NaN|[+-]Inf))$/u;
  const odd = text
    .trimEnd()
    .split('\n')
    .find((one) => !line.test(one));
  must(odd === undefined, () => `no metric: ${odd}`);
}

const policy = { mode: 'sync', maxRemovePercent: 30, removeAfterAbsences: 1, removeAfterSeconds: 0 } as const;
const settings = { sd2: { plugins: [{ name: 'rate-limiting', config: { minute: 600, policy: 'local' } }] } };

/**
 * Judges a pass over the claimed content of a control plane: its writes, their places, and its
 * words.
 */
export function expectPlanned(held: readonly HeldEntity[]): void {
  const snapshot = snapshotOf(knownScope([endpointOf()]));
  const input = { owner: 'test', settings, policy, published: [], absences: {}, elapsedMs: 0 };
  const { plan, quarantined, outcome } = planPass(snapshot, { ...input, held });
  expectHarmlessReport(reportOf(snapshot, { changes: plan.changes, kept: plan.kept, quarantined }));
  // An entity that was only bounded by segments is the control plane's own claim.
  expectKongTakes(plan.desired);
  for (const change of plan.changes) {
    const path = tryPath(change);
    must(!path || /^[a-z]+(\/[\w.~!*'()%-]+){1,3}$/.test(path), () => `a path of its own: ${path}`);
    must(!path?.split('/').some((part) => /^\.{1,2}$/.test(part)), () => `a path of another thing: ${path}`);
    bodyOf(change);
  }
  must(outcome.length > 0, () => 'nothing is left');
}

function tryPath(change: Change): string | undefined {
  try {
    return entityPath(change);
  } catch (thrown) {
    if (thrown instanceof PrivatelinkError) return undefined;
    throw thrown;
  }
}
