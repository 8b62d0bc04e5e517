import { z } from 'zod';
import { outputPage } from '#config/printed/reference';
import { adoptOutputs } from './adopt';
import { contractsPass, contractsSeen } from './contracts';
import { explained } from './explain';
import { messageEntry } from './message';
import {
  applied,
  change,
  finding,
  guarded,
  kept,
  publication,
  quarantined,
  ran,
  scope,
  seenEndpoint,
  withheld,
} from './parts';
import { progress, rolloutOutputs, waits } from './rollout';
import { sandboxOutputs } from './sandbox';

const text = z.string();
const texts = z.array(text);
const count = z.int().min(0);

const problem = z
  .strictObject({
    file: text.describe('the file'),
    line: count.optional().describe('line number from 1; absent: no particular line'),
    column: count.optional().describe('column number from 1'),
    path: text.optional().describe('key in the file, such as `sources[0].regions`; absent: the whole file'),
    value: text
      .optional()
      .describe('value in the file, as JSON; absent where the key has no value, or the value may be a secret'),
    message: text.describe('the problem and the fix, for people'),
    fix: text.describe('the fix'),
  })
  .meta({ id: 'problem' });

const error = z
  .strictObject({
    code: text.describe('stable: `CONFIG_INVALID`, `CREDENTIALS`, …; `UNEXPECTED`: a defect'),
    message: text.describe('what happened, where, and the fix'),
    fix: text.optional().describe('the fix; absent where nobody can fix it'),
    transient: z.boolean().describe('whether a retry may help without any change'),
    problems: z.array(problem).optional().describe('all problems of a configuration or of a base file'),
  })
  .meta({ id: 'error' });

const revision = text.regex(/^[0-9a-f]{12}$/);
const stage = text.optional().describe('name of the stage; absent: the only control plane');

const report = {
  owner: text.describe('owner of the written entities'),
  stage,
  pinned: z
    .strictObject({
      revision: revision.describe('revision of the pin'),
      newest: revision.describe('revision without the pin'),
    })
    .optional()
    .describe('absent: the control plane follows the configuration'),
  waits: waits.optional().describe('absent: the stage waits for no other stage of a rollout'),
  scopes: z.array(scope).describe('scopes that discovery read'),
  quarantined: z.array(quarantined).describe('endpoints without routing'),
  changes: z.array(change).describe('planned changes, in the order of writing'),
  kept: z.array(kept).describe('held entities that stay although discovery does not confirm them'),
  protected: z
    .array(guarded)
    .optional()
    .describe('entries of `protect` that the plan concerns; absent: `protect` lists nothing'),
  publications: z.array(publication).optional().describe('Cloud Map services; absent: nothing is published'),
  contracts: contractsPass
    .optional()
    .describe('absent: the configuration has no `contracts`, or another stage acts on them'),
  withheld: withheld.optional().describe('removals that the brake withholds'),
  refused: text.optional().describe('reason why policy refuses the whole plan'),
  warnings: texts.describe('warnings for people'),
};

const written = {
  applied: z.array(applied).optional().describe('outcome of each change; absent: nothing to write'),
  rollout: z
    .strictObject({
      nodes: count.describe('number of connected data planes'),
      inSync: count.describe('number of data planes with the new configuration'),
      hash: text.optional().describe('hash of the configuration'),
    })
    .optional()
    .describe('progress of the data planes'),
};

const advanced = progress.optional().describe('progress of the rollout; absent: no rollout');

const approved = {
  leftOut: z
    .array(applied)
    .optional()
    .describe('`--plan`: creates without approval in the plan file, and changes that depend on them'),
  unnecessary: z.array(change).optional().describe('`--plan`: approved changes that are no longer needed'),
};

const conflicts = texts.describe('creates whose name is taken: `sync` would leave them out');

/** A stage, or the stages of a `select`, that failed. */
const failedStage = z
  .strictObject({
    stage: text.optional().describe('name of the stage; absent: the stages of a `select` that could not be listed'),
    controlPlane: text.describe('the control plane'),
    error: error.describe('the error'),
  })
  .meta({ id: 'stage that failed' });

const uploaded = {
  name: text.describe('the plugin'),
  uploaded: z.boolean().describe('whether the schema differed, and was uploaded'),
};
const others = z.array(z.strictObject(uploaded)).describe('the other plugins; absent: only one plugin');

function protectEdit(verb: string) {
  return z
    .strictObject({
      file: text.describe('the written file: the first of `include`'),
      changed: texts.describe('entries that were added or removed'),
      unchanged: texts.describe('entries that needed no change'),
    })
    .meta({ id: verb });
}

const ofOne = {
  explain: explained,
  'explain of a code': messageEntry,
  discover: z
    .strictObject({
      scopes: report.scopes,
      endpoints: z.array(seenEndpoint).describe('endpoints that can be routed to, by domain'),
      quarantined: report.quarantined,
      findings: z.array(finding).describe('problems of the networks'),
      warnings: report.warnings,
    })
    .meta({ id: 'discover' }),
  contracts: z.strictObject({ ...contractsSeen, warnings: report.warnings }).meta({ id: 'contracts' }),
  diff: z.strictObject({ ...report, conflicts }).meta({ id: 'diff' }),
  sync: z
    .strictObject({
      ...report,
      ...written,
      ...approved,
      progress: advanced,
      held: count.optional().describe('`--watch`: number of changes that wait for the end of the 30 s window'),
      heldUntil: text.optional().describe('`--watch`: end of the window, in ISO 8601'),
    })
    .meta({ id: 'sync' }),
  'sync --dry-run': z.strictObject({ ...report, conflicts, ...approved }).meta({ id: 'sync --dry-run' }),
  retire: z.strictObject({ ...report, ...written }).meta({ id: 'retire' }),
  rollback: z
    .strictObject({
      ...report,
      ...written,
      from: revision.optional().describe('revision before the rollback'),
      to: revision
        .optional()
        .describe('revision after the rollback; absent: the control plane follows the newest again'),
    })
    .meta({ id: 'rollback' }),
  protect: protectEdit('protect'),
  unprotect: protectEdit('unprotect'),
  ...rolloutOutputs({ report, written }),
  history: z
    .strictObject({
      stage,
      controlPlane: text.describe('the control plane, for people'),
      runs: revision.optional().describe('current revision; absent: not known'),
      isWhole: z.boolean().describe('whether the whole revision was written'),
      pin: z
        .strictObject({
          revision: revision.describe('revision of the pin'),
          left: revision.optional().describe('revision that was rolled back; absent: only a person ends the pin'),
        })
        .optional()
        .describe('absent: the control plane follows the configuration'),
      history: z.array(ran).describe('earlier runs, the last first'),
      warnings: report.warnings,
    })
    .meta({ id: 'history' }),
  render: z
    .strictObject({
      ...report,
      output: text.optional().describe('the file of `-o`'),
      text: text.optional().describe('the decK file, without `-o`'),
    })
    .meta({ id: 'render' }),
  'render without a control plane': z
    .strictObject({ stage, refused: text.describe('reason why no file was written') })
    .meta({ id: 'render without a control plane' }),
  ...adoptOutputs,
  doctor: z
    .strictObject({
      checks: z
        .array(
          z.strictObject({
            check: text.describe('name of the check'),
            result: z.enum(['ok', 'warning', 'failed']).describe('result of the check'),
            detail: text.describe('finding, with the fix'),
          }),
        )
        .describe('in the order of the text'),
    })
    .meta({ id: 'doctor' }),
  schema: z
    .strictObject({
      name: text.describe('the plugin'),
      lua: text.describe('schema of the plugin, in the form of Konnect'),
      handler: text.optional().describe('code of the plugin, in Lua; absent: the plugin runs in the plugin server'),
    })
    .meta({ id: 'schema' }),
  'schema --upload': z.strictObject({ stage, ...uploaded, others: others.optional() }).meta({ id: 'schema --upload' }),
  resolver: z
    .strictObject({
      address: text.describe('IP address and port of the resolver'),
      suffix: text.describe('suffix of the names'),
      forward: texts.describe('resolvers for all other names, in order'),
    })
    .meta({ id: 'resolver' }),
  'resolver --check': z
    .strictObject({
      address: text.describe('address of the resolver that answered'),
      suffix: text.describe('suffix of the name in the question'),
    })
    .meta({ id: 'resolver --check' }),
  ...sandboxOutputs,
  version: z.strictObject({ version: text.describe('version of this program') }).meta({ id: 'version' }),
  completion: z
    .strictObject({ shell: text.describe('the shell'), script: text.describe('script for the shell to source') })
    .meta({ id: 'completion' }),
  'any verb that fails': z
    .strictObject({ error: error.describe('the error; exit code 1, or 130 at Ctrl-C') })
    .meta({ id: 'any verb that fails' }),
} as const;

/** Shape of a verb's output for several control planes. */
function severalOf(verb: keyof typeof ofOne): z.ZodType {
  const stages = z.array(z.union([ofOne[verb], failedStage]));
  return z
    .strictObject({ stages: stages.describe('in the order of the configuration') })
    .meta({ id: `${verb} of several stages` });
}

/** Shapes of standard output with `--json`, by command. */
export const outputs = {
  ...ofOne,
  'sync of several stages': severalOf('sync'),
  'rollout of several stages': severalOf('rollout'),
  'sync --dry-run of several stages': severalOf('sync --dry-run'),
  'diff of several stages': severalOf('diff'),
  'explain of several stages': severalOf('explain'),
  'retire of several stages': severalOf('retire'),
  'rollback of several stages': severalOf('rollback'),
  'history of several stages': severalOf('history'),
  'schema --upload of several stages': severalOf('schema --upload'),
  'adopt of several stages': severalOf('adopt'),
} as const;

/**
 * Returns the page of docs/reference: a table for each command, and for each part of the outputs.
 */
export function outputReference(): string {
  const head = `# Outputs of \`--json\`

Generated by \`npm run generate\` from sync/cli/shapes. Tests check the output of each verb against
these shapes. Each verb prints one object on one line of standard output. \`sync --watch --json\`
prints one object for each pass. \`schema --config --json\` prints a JSON Schema. A later version may
add fields. Only a major version renames or removes a field. \`x[]\` stands for each item of a list.`;
  return outputPage(head, z.object(outputs));
}
