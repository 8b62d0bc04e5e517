import { nearest } from '../misfits/nearest';
import { alertMessages } from './alerts';
import { verdictMessages } from './callers';
import { checkMessages } from './checks';
import { contractMessages } from './contracts';
import { errorMessages, unexpectedMessages } from './errors';
import { logMessages } from './log';
import type { Message } from './message';
import { findingMessages } from './networks';
import { obstacleMessages, shortfallMessages, waitMessages } from './plans';
import { quarantineMessages } from './quarantine';

type Kind = {
  readonly title: string;
  /** Where people meet the code. */
  readonly where: string;
  /** A word before the code, for codes that are plain words and may be names of domains. */
  readonly prefix?: string;
  readonly messages: Readonly<Record<string, Message>>;
};

/** Every stable code of the product, by what it is about, in the order of the page. */
export const messageKinds = {
  error: {
    title: 'Errors',
    where: 'in brackets after a message of the command line, as `code` in logs and in `--json`',
    messages: { ...errorMessages, ...unexpectedMessages },
  },
  quarantine: {
    title: 'Endpoints in quarantine',
    where: '`quarantined[].code` of `--json`, and `code` in the log',
    messages: quarantineMessages,
  },
  finding: { title: 'Networks', where: '`findings[].code` of `discover --json`', messages: findingMessages },
  contract: { title: 'Contracts', where: '`findings[].code` of `contracts --json`', messages: contractMessages },
  log: { title: "The worker's log", where: '`msg` of a line of the log', messages: logMessages },
  alert: { title: 'Alerts', where: 'the name of an alert in Prometheus', messages: alertMessages },
  check: { title: 'Checks of doctor', where: 'the table of `doctor`', prefix: 'doctor', messages: checkMessages },
  obstacle: {
    title: 'Changes that are not written',
    where: '`blocked.by` of `explain --json`',
    prefix: 'blocked',
    messages: obstacleMessages,
  },
  wait: {
    title: 'Stages that wait',
    where: '`waits.kind` of `--json`',
    prefix: 'waits',
    messages: waitMessages,
  },
  shortfall: {
    title: 'Shortfalls of a pass',
    where: '`reason` of `kong_privatelink_pass_shortfall`',
    prefix: 'shortfall',
    messages: shortfallMessages,
  },
  verdict: {
    title: 'Verdicts about callers',
    where: '`privatelink.verdict` in the logs of Kong',
    prefix: 'verdict',
    messages: verdictMessages,
  },
} as const satisfies Readonly<Record<string, Kind>>;

export type MessageKind = keyof typeof messageKinds;

/** An entry of the registry. */
export type MessageEntry = Message & {
  /** What people look up: the code, with its prefix where the kind has one. */
  readonly id: string;
  readonly kind: MessageKind;
  /** Of errors: whether a retry may help although nobody changes anything. */
  readonly transient?: boolean;
};

/** All entries, in the order of the page. */
export const messageEntries: readonly MessageEntry[] = Object.entries(messageKinds).flatMap(
  ([kind, of]: [string, Kind]) =>
    Object.entries(of.messages).map(([code, message]) => ({
      ...message,
      id: of.prefix === undefined ? code : `${of.prefix} ${code}`,
      kind: kind as MessageKind,
    })),
);

/** Spaces and dashes, and a colon or dot between a prefix and its code, are one. */
function keyOf(text: string): string {
  return text.trim().replace(/[\s:.-]+/g, ' ');
}

/** Letters and underlines as in no domain, so that any spelling of a code can be meant. */
const isNoDomain = /[A-Z_]/;

function looseKeyOf(text: string): string {
  return keyOf(text.replaceAll('_', ' ')).toLowerCase();
}

const byKey = new Map(messageEntries.map((one) => [keyOf(one.id), one]));
const byLooseKey = new Map(messageEntries.map((one) => [looseKeyOf(one.id), one]));

/** Returns the entry of a code; undefined: no entry has it. */
export function findMessage(text: string): MessageEntry | undefined {
  return byKey.get(keyOf(text)) ?? (isNoDomain.test(text) ? byLooseKey.get(looseKeyOf(text)) : undefined);
}

/**
 * Returns the codes that are few letters away from the text, the nearest first of each kind of
 * spelling.
 */
export function nearestMessages(text: string): readonly string[] {
  const ids = messageEntries.map(({ id }) => id);
  // One or two letters begin too many codes.
  const begun = text.length < 3 ? [] : ids.filter((id) => id.startsWith(text) || id.includes(`_${text}`));
  const edited = nearest(text, ids);
  return [...new Set([...(edited === undefined ? [] : [edited]), ...begun])].slice(0, 5);
}
