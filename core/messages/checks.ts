import type { Message } from './message';

const exit = { code: 1, when: 'where `doctor` says `failed`' } as const;

/** What `doctor` looks at, by the name in its table. */
export const checkMessages = {
  'Node.js': {
    text: '`doctor` looks at the version of Node.js.',
    causes: [
      { cause: 'The version is not supported.', fix: 'Install Node.js 20.18.1 or newer.', command: 'node --version' },
    ],
    exit,
  },
  configuration: {
    text: '`doctor` reads the configuration. Where this fails, it checks nothing else.',
    causes: [
      {
        cause: 'The file is missing or has a mistake, or a variable is not set.',
        fix: 'Correct the place that the line names as FILE:LINE:COLUMN.',
      },
    ],
    exit,
  },
  'state directory': {
    text: '`doctor` looks whether `stateDir` can be written, and whether its files can be used.',
    causes: [
      {
        cause: 'The folder is missing, or of another user.',
        fix: 'Make it writable for the user of `sync`. Without it, absent targets never leave.',
      },
    ],
  },
  'watch address': {
    text: '`doctor` looks whether `watch.listen` is free, or whether a worker answers there.',
    causes: [
      { cause: 'Another program has the address.', fix: 'Choose a free address for `watch.listen`.' },
      { cause: 'The worker there makes no passes any more.', fix: 'Read its log, then restart it.' },
    ],
  },
  'base files': {
    text: '`doctor` reads the base files of `deck.base`.',
    causes: [
      {
        cause: 'A base file has a mistake, or contradicts another one.',
        fix: 'Correct the place that the line names as FILE:LINE:COLUMN.',
      },
    ],
    exit,
  },
  scope: {
    text: '`doctor` reads every source in every account and region.',
    causes: [
      {
        cause: 'AWS refuses or does not answer. The line quotes AWS and names the action.',
        fix: 'Follow the fix in the line.',
        command: 'aws sts get-caller-identity',
      },
    ],
    exit,
  },
  endpoints: {
    text: '`doctor` counts endpoints, domains and endpoints in quarantine.',
    causes: [
      {
        cause: 'No endpoint has the tag, or the accounts and regions of `sources` are wrong.',
        fix: 'Tag an endpoint with `kong:domain`, or correct `sources`.',
        command: 'kong-privatelink discover',
      },
      {
        cause: 'Endpoints are in quarantine.',
        fix: 'Look at each with its fix.',
        command: 'kong-privatelink discover',
      },
    ],
  },
  networks: {
    text: '`doctor` looks at zones, peerings and address ranges around the endpoints. Routing goes on without it.',
    causes: [
      {
        cause: 'A finding, or a missing permission to look.',
        fix: 'Follow the fix in the line, or look up the code that `discover --json` prints.',
        command: 'kong-privatelink discover --json',
      },
    ],
  },
  contracts: {
    text: '`doctor` reads the endpoint services of `contracts`, and looks for the permissions of its actions.',
    causes: [
      {
        cause: 'An id is wrong, or a permission is missing.',
        fix: 'Correct the id, or allow the action that the line names.',
        command: 'kong-privatelink contracts',
      },
    ],
    exit,
    see: 'contracts.md#where-to-look-when-something-is-wrong',
  },
  resolver: {
    text: '`doctor` asks the resolver for a name, where a domain is `via: resolver`. It is never more than a warning.',
    causes: [
      {
        cause: 'The resolver runs beside data planes, and cannot be reached from here.',
        fix: 'Ask it on a data plane with `resolver --check`.',
      },
      {
        cause: 'No resolver runs, or its `suffix` differs.',
        fix: 'Start it, and give both sides one `resolver.suffix`.',
      },
    ],
    see: 'resolver.md#when-something-is-wrong',
  },
  publish: {
    text: '`doctor` reads the Cloud Map services of `publish`.',
    causes: [
      {
        cause: 'A service does not exist, or a permission is missing.',
        fix: 'Correct its id, or allow the action that the line names.',
      },
    ],
    exit,
  },
  'rollout order': {
    text: '`doctor` compares `rollout.order` with the stages. The result is never more than a warning.',
    causes: [
      { cause: 'The order names a stage that does not exist.', fix: 'Correct `rollout.order`, or add the stage.' },
    ],
    see: 'rollouts.md',
  },
  'control plane': {
    text: '`doctor` reads the control plane with the token.',
    causes: [
      {
        cause: 'The address, the name or the token is wrong.',
        fix: 'Follow the fix in the line, or look up its code.',
      },
    ],
    exit,
  },
  'data planes': {
    text: '`doctor` asks Konnect for the data planes of the control plane.',
    causes: [
      { cause: 'No data plane is connected, or one is behind or incompatible.', fix: 'Read its log. Update it.' },
      { cause: '`streamPlugins` is set, and a data plane is older than Gateway 3.15.', fix: 'Update the data plane.' },
    ],
    exit,
  },
  'plugin schema': {
    text: '`doctor` compares the plugin schemas in Konnect with those of this version.',
    causes: [
      {
        cause: 'A schema is absent or of another version.',
        fix: 'Upload it. `sync` does that before it writes an entity of the plugin.',
        command: 'kong-privatelink schema --upload',
      },
    ],
    exit,
  },
  'decK file': {
    text: '`doctor` looks whether the decK file of `controlPlane.path` can be written.',
    causes: [{ cause: 'The folder is of another user, or missing.', fix: 'Make the folder writable.' }],
    exit,
  },
  plugins: {
    text: '`doctor` looks whether the control plane knows the plugins of `domains`.',
    causes: [
      {
        cause: 'The name has a mistake, or the schema is not uploaded.',
        fix: 'Correct the name, or upload the schema.',
        command: 'kong-privatelink schema --upload',
      },
    ],
    exit,
  },
  plan: {
    text: '`doctor` makes the plan that `diff` would show.',
    causes: [
      {
        cause: 'The plan cannot be made, policy refuses it, or names are taken.',
        fix: 'Look at the whole plan.',
        command: 'kong-privatelink diff',
      },
    ],
    exit,
  },
  rollout: {
    text: '`doctor` takes one sample of each gate of the stage. It is never more than a warning.',
    causes: [
      {
        cause: 'A gate cannot measure, or measures a failure now.',
        fix: 'Correct its address or query, or look at what it measures.',
        command: 'kong-privatelink rollout status',
      },
    ],
    see: 'rollouts.md',
  },
} as const satisfies Readonly<Record<string, Message>>;

export type CheckName = keyof typeof checkMessages;
