import { type Message, ofIncomplete, ofRefused, ofStrict } from './message';

const see = 'log.md#what-is-wrong-from-its-begin-to-its-end';

/** What the log of a worker says of a condition when the condition begins. */
export const logMessages = {
  'pass failed': {
    text: 'A pass of the worker could not plan, or had to stop. Routes stay as they are.',
    causes: [
      {
        cause: 'The control plane cannot be read, or no scope has usable credentials.',
        fix: 'Look up the `code` of the line, and follow the fix behind it.',
        command: 'kong-privatelink doctor',
      },
    ],
    exit: { code: 1, when: 'from `sync` without `--watch`' },
    see,
  },
  'scope unknown': {
    text: 'A scope (a source in one account and region) could not be read. Its targets stay as they were last known.',
    causes: [
      {
        cause: 'Credentials, a permission, the network or a limit of AWS. The `code` of the line says which.',
        fix: 'Look up the `code` of the line.',
        command: 'kong-privatelink doctor',
      },
    ],
    exit: ofStrict,
    see,
  },
  'endpoint quarantined': {
    text: 'An endpoint is kept out of routing. Most of what Kong already has of it stays.',
    causes: [
      {
        cause: 'Its tags are wrong, or claim what the endpoint may not have. The `code` of the line says which.',
        fix: 'Look up the `code` of the line. The owner of the endpoint has to change something.',
        command: 'kong-privatelink discover',
      },
    ],
    exit: ofStrict,
    see,
  },
  'plan refused': {
    text: 'Policy refuses the whole plan, and nothing is written.',
    causes: [
      {
        cause: 'The plan would exceed a limit of the control plane, such as 10,000 entities of one kind.',
        fix: 'Give some domains a control plane of their own, or set `affinity: none`.',
        command: 'kong-privatelink diff',
      },
    ],
    exit: ofRefused,
    see,
  },
  'removals withheld': {
    text: 'The brake withholds removals, because the plan would remove too many addresses at once. The rest is written.',
    causes: [
      {
        cause: 'Discovery is right: the endpoints are gone.',
        fix: 'Run `sync` once with `--allow-removals N`. The message names the N.',
        command: 'kong-privatelink diff',
      },
      {
        cause: 'Discovery is wrong: tags, permissions or the configuration changed.',
        fix: 'Correct that. The removals then leave the plan.',
        command: 'kong-privatelink discover',
      },
    ],
    exit: ofRefused,
    see,
  },
  'change failed': {
    text: 'The control plane did not take a change. What depends on the change waits, the rest is written.',
    causes: [
      {
        cause: 'The control plane refused the value (`REJECTED`), or an entity of others has the name.',
        fix: 'Correct the value, or rename one of the two. The line has the reason.',
        command: 'kong-privatelink diff',
      },
    ],
    exit: ofIncomplete,
    see,
  },
  'not published': {
    text: 'A service of `publish` in Cloud Map could not be read, or not be written whole. Routing is not affected.',
    causes: [
      {
        cause: 'A permission is missing, the service was deleted, or another program has the same instance.',
        fix: 'Follow the reason of the line.',
        command: 'kong-privatelink doctor',
      },
    ],
    exit: ofIncomplete,
    see,
  },
  'service unknown': {
    text: 'A part of an endpoint service of `contracts` could not be read. What was last known stays in use.',
    causes: [
      {
        cause: 'A permission is missing, or AWS does not answer.',
        fix: 'Allow the action that the line names.',
        command: 'kong-privatelink contracts',
      },
    ],
    exit: ofStrict,
    see,
  },
  'action of contracts failed': {
    text: 'AWS refused to accept or reject a connection, or to change an allowed principal.',
    causes: [
      {
        cause: 'The identity lacks the permission.',
        fix: 'Allow the action that the line names.',
        command: 'kong-privatelink doctor',
      },
    ],
    exit: ofIncomplete,
    see,
  },
  'contract finding': {
    text: 'A service and its contract differ. The worker changes nothing because of it.',
    causes: [
      {
        cause: 'The `code` of the line says what differs.',
        fix: 'Look up the `code`.',
        command: 'kong-privatelink contracts',
      },
    ],
    see,
  },
  warning: {
    text: 'A pass has a warning that belongs to none of the other messages.',
    causes: [{ cause: 'The reason of the line says what it is.', fix: 'Follow the fix behind the reason.' }],
    see,
  },
} as const satisfies Readonly<Record<string, Message>>;
