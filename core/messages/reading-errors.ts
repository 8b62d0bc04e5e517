import { type ErrorMessage, ofError } from './message';

/**
 * Errors of the configuration, of AWS and of other sources. Codes are stable: people alert on them.
 */
export const readingErrors = {
  CONFIG_MISSING: {
    text: 'The configuration file does not exist at the path that the message names.',
    causes: [
      {
        cause: 'The command runs in another folder, or `$KONG_PRIVATELINK_CONFIG` names another file.',
        fix: 'Give the file with `-c FILE`, or set `$KONG_PRIVATELINK_CONFIG` to it.',
      },
      {
        cause: 'You have no configuration yet.',
        fix: 'Let `init` write one from what your credentials can read.',
        command: 'kong-privatelink init',
      },
    ],
    exit: ofError,
    transient: false,
  },
  CONFIG_INVALID: {
    text: 'A value that you wrote cannot be used. It stands in a file, in an option of the command line, or in a variable.',
    causes: [
      {
        cause: 'The configuration, a base file or an included file has a mistake.',
        fix: 'Correct the place that the message names as FILE:LINE:COLUMN. The message says what to write.',
        command: 'kong-privatelink doctor',
      },
      {
        cause: 'The command line has an option or a value that the command does not take.',
        fix: 'Read the help of the command.',
        command: 'kong-privatelink --help',
      },
      {
        cause: 'An address for the worker, the resolver or the plugin server cannot be used for listening.',
        fix: 'Choose a free address of this machine.',
      },
    ],
    exit: ofError,
    transient: false,
  },
  CREDENTIALS: {
    text: 'AWS does not accept the credentials, or the process has none. A worker that refuses a token is meant too.',
    causes: [
      {
        cause: 'The process finds no AWS credentials.',
        fix: 'Set `AWS_PROFILE` or the variables of AWS, or give the machine a role.',
        command: 'aws sts get-caller-identity',
      },
      { cause: 'The credentials or the session have expired.', fix: 'Sign in again, or renew the session.' },
      {
        cause: 'The clock of the machine is wrong. AWS refuses signatures of another time.',
        fix: 'Set the clock.',
      },
      {
        cause: '`explain --worker` sent another token than `watch.token` of the worker.',
        fix: 'Set `$KONG_PRIVATELINK_WATCH_TOKEN`, or name the configuration of the worker with `-c`.',
      },
    ],
    exit: ofError,
    transient: false,
  },
  OTHER_ACCOUNT: {
    text: 'The credentials belong to another AWS account than before. Nothing of the scope is added or removed.',
    causes: [
      {
        cause: 'The profile or the role of the process changed.',
        fix: 'Use the credentials of the former account.',
        command: 'aws sts get-caller-identity',
      },
      {
        cause: 'The endpoints really moved to this account.',
        fix: 'Set `ownAccount` of the source to the id of this account.',
      },
    ],
    exit: ofError,
    transient: false,
  },
  ACCESS_DENIED: {
    text: 'AWS knows the identity and refuses the action. Targets of the scope stay as they were.',
    causes: [
      {
        cause: 'A policy of the identity, a permission boundary or an SCP does not allow the action.',
        fix: 'Allow the action that the message names.',
        command: 'kong-privatelink doctor',
      },
      {
        cause: 'The role cannot be assumed: its trust policy or the `externalId` does not fit.',
        fix: 'Correct the trust policy of the role, or `externalId` of the account in `sources`.',
      },
    ],
    exit: ofError,
    transient: false,
  },
  THROTTLED: {
    text: 'AWS limits the rate of calls. The product retries, and the next pass reads the scope again.',
    causes: [
      {
        cause: 'Many programs call EC2 in this account and region.',
        fix: 'Wait. If it stays, raise `watch.intervalSeconds` or lower `discovery.concurrency`.',
      },
    ],
    exit: ofError,
    transient: true,
  },
  TIMEOUT: {
    text: 'An answer did not arrive in time. The message names the call and the limit.',
    causes: [
      {
        cause: 'The network, a proxy or a firewall loses packets to AWS or to the control plane.',
        fix: 'Check the route, the proxy and the security groups.',
        command: 'kong-privatelink doctor',
      },
      {
        cause: 'A scope is large, and `discovery.scopeTimeoutSeconds` is short.',
        fix: 'Raise `discovery.scopeTimeoutSeconds`.',
      },
    ],
    exit: ofError,
    transient: true,
  },
  /** The answer of a scope cannot be read, or contradicts itself: the next one may be right. */
  BAD_ANSWER: {
    text: 'An answer cannot be read, or contradicts itself. What was known of the scope stays in use.',
    causes: [
      {
        cause: 'A proxy or a cache answers in place of AWS.',
        fix: 'Let the calls pass the proxy unchanged, or add the host to `NO_PROXY`.',
        command: 'kong-privatelink doctor',
      },
      {
        cause: 'The file or URL of a source with `type: snapshot` holds something else than a snapshot.',
        fix: 'Correct `file` or `url` of the source. Write the snapshot again with `discover --out`.',
      },
      { cause: 'The worker that `explain --worker` asked has another version.', fix: 'Use the version of the worker.' },
    ],
    exit: ofError,
    transient: true,
  },
  UNCONFIRMED: {
    text: 'The product does not believe this answer yet, or has no answer yet. Nothing is removed because of it.',
    causes: [
      {
        cause: 'A scope lists nothing at once although it listed endpoints before.',
        fix: 'Wait for the next pass. If that surprises you, check the tags and the credentials.',
        command: 'kong-privatelink discover',
      },
      { cause: 'The scope was not read since the start of the process.', fix: 'Wait for the first pass.' },
      {
        cause: 'A DNS name of a source has no address any more.',
        fix: 'Correct the record, or take the name out of `names` of the source.',
      },
    ],
    exit: ofError,
    transient: true,
  },
  UNREACHABLE: {
    text: 'No connection reaches the other side: AWS, the control plane, a snapshot server, a worker or a resolver.',
    causes: [
      {
        cause: 'The name does not resolve, or the port does not answer.',
        fix: 'Check the address, DNS and the firewall. The message names the address.',
        command: 'kong-privatelink doctor',
      },
      {
        cause: 'The way out leads through a proxy that the process does not know.',
        fix: 'Set `HTTPS_PROXY` and `NO_PROXY` for the process.',
      },
    ],
    exit: ofError,
    transient: true,
  },
  /**
   * The other side accepts TCP, and no usable connection comes of it: a certificate, or no HTTP.
   */
  BAD_CONNECTION: {
    text: 'The other side answers, but no secure connection can be made with it.',
    causes: [
      {
        cause: 'The certificate is of an authority that the process does not trust, or of another name.',
        fix: 'Give the authority: `tls.ca` of the control plane, or `NODE_EXTRA_CA_CERTS` for AWS.',
        command: 'kong-privatelink doctor',
      },
      { cause: 'The control plane asks for a client certificate.', fix: 'Give it in `tls` of the control plane.' },
      { cause: 'The address is of a program that does not speak HTTP or TLS.', fix: 'Correct the address.' },
      { cause: 'A proxy asks for a user and a password.', fix: 'Write both into the address of the proxy.' },
    ],
    exit: ofError,
    transient: false,
  },
  REGION: {
    text: 'AWS does not serve this region for the account.',
    causes: [
      {
        cause: 'The region is not enabled in the account, or its name is wrong.',
        fix: 'Enable the region in the account, or take it out of `regions` of the source.',
        command: 'aws account list-regions',
      },
    ],
    exit: ofError,
    transient: false,
  },
  AWS: {
    text: 'AWS answered with an error that has no code of its own here. The message quotes AWS.',
    causes: [
      {
        cause: 'The service of AWS has a failure.',
        fix: 'Wait for the next pass. If it stays, read the quoted words and the health page of AWS.',
      },
    ],
    exit: ofError,
    transient: true,
  },
} as const satisfies Readonly<Record<string, ErrorMessage>>;
