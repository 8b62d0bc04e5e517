import { allowRemovalsOption, configOption, stageOption, type VerbEntry } from '../verb-entry';

export const rolloutEntry: VerbEntry = {
  name: 'rollout',
  summary: 'bring a change from stage to stage, each after the one before has proved it',
  help: `
For a configuration with controlPlanes and rollout. Without a word it runs to the end: a stage gets what changed, its gates are
watched, and the next one begins when they are fine; one that fails goes back. Addresses go to all stages at once all the while.
sync does the same, and sync --watch for good. Orders stand in stateDir: give them where that is; whoever runs the rollout finds
them with the next pass.
status          how far each stage is, and what it waits for
approve STAGE   the trial of the stage was fine: the next may begin (gates.approval)
pause, resume   no stage begins; they begin again
skip STAGE      later stages do not wait for it, for what they would get now
retry [STAGE]   what halted proves itself once more; what went back is tried again
abort           the change is taken back wherever it is`,
  exits: {
    done: 'done',
    error: 'error, or a stage is behind',
    differs: 'waiting for somebody, or for time to go by',
    refused: 'halted by a gate, or refused by policy',
    incomplete: 'some entities could not be applied',
  },
  argument: [
    '[order]',
    'what to do, in place of running it',
    ['run', 'status', 'approve', 'resume', 'pause', 'skip', 'abort', 'retry'],
  ],
  second: ['[name]', 'the stage that approve, skip or retry is about'],
  options: [
    configOption,
    stageOption,
    ['--dry-run', 'write nothing: which stage would get what, and what the gates say of the present'],
    allowRemovalsOption,
  ],
  load: async () => (await import('../commands/rollout')).runRollout,
};
