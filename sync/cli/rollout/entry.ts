import { allowRemovalsOption, configOption, stageOption, type VerbEntry } from '../verb-entry';

export const rolloutEntry: VerbEntry = {
  name: 'rollout',
  summary: 'Bring a change to one stage after another, with gates between the stages',
  help: `
Needs controlPlanes and rollout in the configuration. Without ORDER the rollout runs to its end. A
stage gets the change, and its gates are watched. The next stage begins when the gates pass. A stage
whose gates fail rolls back. Addresses go to all stages at once during the whole rollout.
sync does the same. sync --watch does it continuously. Orders stand in stateDir, so give them on a
machine with that stateDir. The process that runs the rollout finds an order with its next pass.
  status          show how far each stage is, and what it waits for
  approve STAGE   the trial of the stage was fine: the next may begin (gates.approval)
  pause           begin no further stage
  resume          begin stages again
  skip STAGE      later stages do not wait for this stage, for the current change
  retry [STAGE]   a halted stage is tried again, also a change that was rolled back
  abort           take the change back from all stages`,
  exits: {
    done: 'done',
    error: 'error, or a stage is behind',
    differs: 'waiting for an approval or an order, or for time to pass',
    refused: 'halted by a gate, or refused by policy',
    incomplete: 'some entities could not be applied',
  },
  argument: [
    '[order]',
    'An order, in place of running the rollout',
    ['run', 'status', 'approve', 'resume', 'pause', 'skip', 'abort', 'retry'],
  ],
  second: ['[name]', 'The stage of approve, skip or retry'],
  options: [
    configOption,
    stageOption,
    ['--dry-run', 'Write nothing. Show which stage would get what, and what the gates say now'],
    allowRemovalsOption,
  ],
  load: async () => (await import('../commands/rollout')).runRollout,
};
