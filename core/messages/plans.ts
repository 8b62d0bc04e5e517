import { type Message, ofIncomplete, ofRefused } from './message';

const see = 'explain.md#what-the-next-pass-does';

/** Why a change is planned and not written: `blocked.by` of `explain --json`. */
export const obstacleMessages = {
  brake: {
    text: 'The brake withholds this removal, because the plan removes too many addresses at once.',
    causes: [
      {
        cause: 'Many endpoints are gone, or discovery sees too few.',
        fix: 'See `removals withheld`.',
        command: 'kong-privatelink diff',
      },
    ],
    exit: ofRefused,
    see,
  },
  refused: {
    text: 'Policy refuses the whole plan, and so this change.',
    causes: [
      {
        cause: 'The plan would exceed a limit of the control plane.',
        fix: 'See `plan refused`.',
        command: 'kong-privatelink diff',
      },
    ],
    exit: ofRefused,
    see,
  },
  blind: {
    text: 'AWS refuses every scope, so the result of discovery cannot be trusted. Only certain changes are written.',
    causes: [
      {
        cause: 'The credentials are missing, expired, of another account or without permissions.',
        fix: 'Look up the code of the scope.',
        command: 'kong-privatelink doctor',
      },
    ],
    exit: { code: 1, when: 'from `sync`' },
    see,
  },
  conflict: {
    text: 'An entity of others already has the name or the path that this entity needs.',
    causes: [
      {
        cause: 'People or another owner made an entity of this name.',
        fix: 'Rename one of the two, or take the entity over with `adopt`.',
        command: 'kong-privatelink adopt',
      },
    ],
    exit: ofIncomplete,
    see,
  },
  depends: {
    text: 'The change depends on another change that is not written.',
    causes: [
      {
        cause: 'The other change is in conflict.',
        fix: 'Solve that conflict. The reason names the other entity.',
        command: 'kong-privatelink diff',
      },
    ],
    exit: ofIncomplete,
    see,
  },
  window: {
    text: 'A worker collects changes for 30 seconds, and writes them together.',
    causes: [{ cause: 'The change is new.', fix: 'Wait for the next pass of the worker.' }],
    see,
  },
} as const satisfies Readonly<Record<string, Message>>;

const rollouts = 'rollouts.md';

/** Why a stage does not get the newest revision yet: `waits.kind` of reports. */
export const waitMessages = {
  earlier: {
    text: 'A stage before this one does not run the revision yet, or is on trial with it.',
    causes: [
      {
        cause: 'The rollout is under way.',
        fix: 'Wait for the earlier stage.',
        command: 'kong-privatelink rollout status',
      },
    ],
    see: rollouts,
  },
  halted: {
    text: 'The trial of an earlier stage did not pass its gates.',
    causes: [
      {
        cause: 'The change is wrong.',
        fix: 'Correct the configuration. Another revision begins without further orders.',
        command: 'kong-privatelink rollout status',
      },
      {
        cause: 'A gate could not measure.',
        fix: 'Repair what the gate asks, then run `rollout retry` for the stage.',
        command: 'kong-privatelink doctor',
      },
    ],
    see: rollouts,
  },
  approval: {
    text: 'The earlier stage passed, and a person has to approve the next step.',
    causes: [
      {
        cause: '`rollout.gates.approval` asks for a person.',
        fix: 'Run `rollout approve` with the stage.',
        command: 'kong-privatelink rollout status',
      },
    ],
    see: rollouts,
  },
  pinned: {
    text: 'An earlier stage is pinned to a revision.',
    causes: [
      {
        cause: 'Somebody ran `rollback`, or a trial went back.',
        fix: 'End the pin with `rollback newest` for that stage.',
        command: 'kong-privatelink history',
      },
    ],
    see: rollouts,
  },
  paused: {
    text: 'Somebody paused the rollout, or the file that says so cannot be read.',
    causes: [
      {
        cause: 'Somebody ran `rollout pause`.',
        fix: 'Run `rollout resume`.',
        command: 'kong-privatelink rollout status',
      },
    ],
    see: rollouts,
  },
  frozen: {
    text: 'A freeze of `rollout.freeze` holds now. Addresses are followed all the same.',
    causes: [{ cause: 'The calendar of the configuration says so.', fix: 'Wait for the end of the freeze.' }],
    see: rollouts,
  },
  unwritable: {
    text: 'The trial of the stage cannot be written down, so it does not begin.',
    causes: [
      {
        cause: 'The process cannot write `stateDir`.',
        fix: 'Make `stateDir` writable for the user of the process.',
        command: 'kong-privatelink doctor',
      },
    ],
    see: rollouts,
  },
} as const satisfies Readonly<Record<string, Message>>;

const doctor = 'kong-privatelink doctor';

/** What the last pass of a worker fell short by: `reason` of `kong_privatelink_pass_shortfall`. */
export const shortfallMessages = {
  failed: {
    text: 'The pass could not plan, or had to stop.',
    causes: [
      { cause: 'The control plane or the credentials cannot be used.', fix: 'See `pass failed`.', command: doctor },
    ],
  },
  scopes_unknown: {
    text: 'The pass could not read a scope, or a part of an endpoint service.',
    causes: [{ cause: 'AWS did not answer, or refused.', fix: 'See `scope unknown`.', command: doctor }],
  },
  refused: {
    text: 'Policy refused the plan of the pass.',
    causes: [{ cause: 'A limit of the control plane.', fix: 'See `plan refused`.', command: 'kong-privatelink diff' }],
  },
  withheld: {
    text: 'The brake withheld removals of the pass.',
    causes: [
      { cause: 'Too many removals at once.', fix: 'See `removals withheld`.', command: 'kong-privatelink diff' },
    ],
  },
  held: {
    text: 'The pass left changes for the end of the 30 seconds that collect them.',
    causes: [{ cause: 'Changes are new.', fix: 'Wait. The next pass writes them.' }],
  },
  rejected: {
    text: 'The pass left out entities that the control plane found invalid in the last five minutes.',
    causes: [{ cause: 'A value that Kong does not take.', fix: 'See `REJECTED`.', command: 'kong-privatelink diff' }],
  },
  changes_failed: {
    text: 'The control plane, or AWS, did not take a change of the pass.',
    causes: [{ cause: 'The log names it.', fix: 'See `change failed`.', command: 'kong-privatelink diff' }],
  },
  changes_skipped: {
    text: 'The pass did not try a change, because another change failed before.',
    causes: [
      { cause: 'The log names the other change.', fix: 'See `change failed`.', command: 'kong-privatelink diff' },
    ],
  },
  unpublished: {
    text: 'The pass could not read or write a service of `publish`.',
    causes: [{ cause: 'The log names it.', fix: 'See `not published`.', command: doctor }],
  },
} as const satisfies Readonly<Record<string, Message>>;
