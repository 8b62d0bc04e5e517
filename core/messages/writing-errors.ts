import { type ErrorMessage, ofError } from './message';

/**
 * Errors of the control plane, of state files and of other writers. Codes are stable: people alert
 * on them.
 */
export const writingErrors = {
  CONTROL_PLANE_AUTH: {
    text: 'The control plane refuses the token.',
    causes: [
      {
        cause: 'The token is wrong, expired or of another region of Konnect.',
        fix: 'Create a token, and set the variable that `controlPlane.token` names.',
        command: 'kong-privatelink doctor',
      },
      {
        cause: 'The token may read the control plane, and not write it.',
        fix: 'Give the identity of the token a role that may write this control plane.',
      },
    ],
    exit: ofError,
    transient: false,
  },
  CONTROL_PLANE_UNKNOWN: {
    text: 'The control plane, the workspace or the plugin does not exist there. The message lists the names that exist.',
    causes: [
      {
        cause: '`controlPlane.name`, `controlPlane.workspace` or a name in `plugins` has a mistake.',
        fix: 'Correct the name.',
        command: 'kong-privatelink doctor',
      },
      {
        cause: '`controlPlane.address` is of another region, or is not the address of an API.',
        fix: 'Write the address of the API in your region, such as `https://us.api.konghq.com`.',
      },
      { cause: 'The token may not see this control plane.', fix: 'Give the identity of the token a role for it.' },
    ],
    exit: ofError,
    transient: false,
  },
  /** The control plane failed (5xx). */
  CONTROL_PLANE_FAILED: {
    text: 'The control plane answered with an error of its own (5xx). The next pass goes on from there.',
    causes: [
      {
        cause: 'The control plane has a failure.',
        fix: 'Wait. If it stays, look at the status page or the log of Kong.',
      },
    ],
    exit: ofError,
    transient: true,
  },
  /** The control plane, or its writing program, is in an unsupported state. */
  CONTROL_PLANE: {
    text: 'The answer of the control plane, of decK or of a decK file cannot be used.',
    causes: [
      {
        cause: '`controlPlane.address` leads to something else: it redirects, or answers with another form.',
        fix: 'Correct `controlPlane.address`, or the proxy on the way.',
        command: 'kong-privatelink doctor',
      },
      {
        cause: 'decK is missing, too old, or ended with an error. The message quotes decK.',
        fix: 'Install decK 1.40 or newer, or name it in `controlPlane.binary`.',
      },
      { cause: 'The decK file in `controlPlane.path` is damaged.', fix: 'Restore the file, or remove it.' },
    ],
    exit: ofError,
    transient: false,
  },
  RATE_LIMITED: {
    text: 'The control plane limits the rate of calls (429). The next pass goes on from there.',
    causes: [
      {
        cause: 'Many writes run at once, or other programs use the same token.',
        fix: 'Wait. If it happens often, lower `controlPlane.concurrency`.',
      },
    ],
    exit: ofError,
    transient: true,
  },
  REJECTED: {
    text: 'The control plane found an entity invalid, or refused a change. Everything that does not depend on it is written.',
    causes: [
      {
        cause: 'A value in a tag or in `domains` is one that Kong does not take.',
        fix: 'Correct the value. The message quotes Kong.',
        command: 'kong-privatelink diff',
      },
      {
        cause: 'The schema of a plugin is not in the control plane.',
        fix: 'Upload it, and install the plugin on every data plane.',
        command: 'kong-privatelink schema --upload',
      },
      {
        cause: 'Entities of other people depend on an entity that has to be deleted.',
        fix: 'Move or delete the entities that the message names.',
      },
    ],
    exit: ofError,
    transient: false,
  },
  STATE: {
    text: 'A file that the product keeps or writes cannot be read or written.',
    causes: [
      {
        cause: 'The user of the process may not write the folder, or the disk is full.',
        fix: 'Make the folder writable, or free space. The message names the file.',
        command: 'kong-privatelink doctor',
      },
      {
        cause: 'A file in `stateDir` is damaged, or of a newer version.',
        fix: 'Follow the fix in the message. Use the newer version where the file is of one.',
      },
      {
        cause: 'The reader of standard output ended, or does not read.',
        fix: 'Repair the pipe or the disk, and run the command again.',
      },
    ],
    exit: ofError,
    transient: false,
  },
  /** Another process writes to the control plane from the same stateDir. */
  OTHER_WRITER: {
    text: 'Another process with the same `stateDir` writes to the control plane. Only one process writes at a time.',
    causes: [
      {
        cause: 'A worker or a pipeline is in the middle of a pass.',
        fix: 'Try again when it has ended. The message names the process.',
      },
      {
        cause: 'The process that holds the lock hangs.',
        fix: 'End that process, then run the command again.',
      },
    ],
    exit: ofError,
    transient: true,
  },
} as const satisfies Readonly<Record<string, ErrorMessage>>;
