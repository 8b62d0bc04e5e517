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
    line: count.optional().describe('from 1; absent: nowhere in particular'),
    column: count.optional().describe('from 1'),
    path: text.optional().describe('which key: `sources[0].regions`; absent: the file as a whole'),
    value: text
      .optional()
      .describe('what stands there, as JSON; absent where nothing does, or where it may be a secret'),
    message: text.describe('what is wrong and what to do about it, for people'),
    fix: text.describe('what to do about it'),
  })
  .meta({ id: 'problem' });

const error = z
  .strictObject({
    code: text.describe('stable: `CONFIG_INVALID`, `CREDENTIALS`, …; `UNEXPECTED`: a defect'),
    message: text.describe('what happened, where, and what to do'),
    fix: text.optional().describe('what to do; absent where nobody can do anything'),
    transient: z.boolean().describe('whether trying again may help, without anybody changing anything'),
    problems: z.array(problem).optional().describe('each problem of a configuration or of a base file'),
  })
  .meta({ id: 'error' });

const revision = text.regex(/^[0-9a-f]{12}$/);
const stage = text.optional().describe('of several control planes, which one');

const report = {
  owner: text.describe('the owner of what is written'),
  stage,
  pinned: z
    .strictObject({
      revision: revision.describe('the revision that the control plane is pinned to'),
      newest: revision.describe('the one that it would run else'),
    })
    .optional()
    .describe('absent: the control plane follows the configuration'),
  waits: waits.optional().describe('absent: it waits for no other stage of a rollout'),
  scopes: z.array(scope).describe('what was read'),
  quarantined: z.array(quarantined).describe('endpoints that are not routed to'),
  changes: z.array(change).describe('what is planned, in the order of writing'),
  kept: z.array(kept).describe('what is held, not confirmed, and stays'),
  protected: z
    .array(guarded)
    .optional()
    .describe('what `protect` lists and the plan concerns; absent: it lists nothing'),
  publications: z.array(publication).optional().describe('services of Cloud Map; absent: nothing is published'),
  contracts: contractsPass
    .optional()
    .describe('absent: the configuration has no `contracts`, or another stage acts on them'),
  withheld: withheld.optional().describe('removals that the brake holds back'),
  refused: text.optional().describe('why policy refuses the plan as a whole'),
  warnings: texts.describe('what else people should know'),
};

const written = {
  applied: z.array(applied).optional().describe('what became of each change; absent: nothing was to be written'),
  rollout: z
    .strictObject({
      nodes: count.describe('data planes that are connected'),
      inSync: count.describe('those that have the new configuration'),
      hash: text.optional().describe("the configuration's hash"),
    })
    .optional()
    .describe('how far the data planes have come'),
};

const advanced = progress.optional().describe('how far it is; absent: nothing is rolled out from stage to stage');

const approved = {
  leftOut: z.array(applied).optional().describe('`--plan`: creates that nobody approved'),
  unnecessary: z.array(change).optional().describe('`--plan`: approved changes that are not needed any more'),
};

const conflicts = texts.describe('creates whose name somebody else has: `sync` would leave them out');

/** A stage, or those that labels select, of which nothing came. */
const failedStage = z
  .strictObject({
    stage: text.optional().describe('which; absent: those of an entry with `select`, which could not be listed'),
    controlPlane: text.describe('where it is'),
    error: error.describe('why'),
  })
  .meta({ id: 'stage that failed' });

const uploaded = { name: text.describe('the plugin'), uploaded: z.boolean().describe('whether it differed') };
const others = z.array(z.strictObject(uploaded)).describe('of further plugins the same; absent: it was one');

function protectEdit(verb: string) {
  return z
    .strictObject({
      file: text.describe('the file that it writes: the first of `include`'),
      changed: texts.describe('entries that it added, or took out'),
      unchanged: texts.describe('entries that were so already'),
    })
    .meta({ id: verb });
}

const ofOne = {
  explain: explained,
  'explain of a code': messageEntry,
  discover: z
    .strictObject({
      scopes: report.scopes,
      endpoints: z.array(seenEndpoint).describe('what can be routed to, by domain'),
      quarantined: report.quarantined,
      findings: z.array(finding).describe('what is wrong with the networks'),
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
      held: count.optional().describe('`--watch`: changes that wait for the end of the window that collects them'),
      heldUntil: text.optional().describe('`--watch`: when these are due, in ISO 8601'),
    })
    .meta({ id: 'sync' }),
  'sync --dry-run': z.strictObject({ ...report, conflicts, ...approved }).meta({ id: 'sync --dry-run' }),
  retire: z.strictObject({ ...report, ...written }).meta({ id: 'retire' }),
  rollback: z
    .strictObject({
      ...report,
      ...written,
      from: revision.optional().describe('what ran before'),
      to: revision.optional().describe('what it goes back to; absent: it follows the newest again'),
    })
    .meta({ id: 'rollback' }),
  protect: protectEdit('protect'),
  unprotect: protectEdit('unprotect'),
  ...rolloutOutputs({ report, written }),
  history: z
    .strictObject({
      stage,
      controlPlane: text.describe('the control plane, for people'),
      runs: revision.optional().describe('what it runs; absent: not known'),
      isWhole: z.boolean().describe('whether all of that was written'),
      pin: z
        .strictObject({
          revision: revision.describe('what it is pinned to'),
          left: revision.optional().describe('what was taken back; absent: a person ends the pin'),
        })
        .optional()
        .describe('absent: it follows the configuration'),
      history: z.array(ran).describe('what ran, the last first'),
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
    .strictObject({ stage, refused: text.describe('why no file was written') })
    .meta({ id: 'render without a control plane' }),
  ...adoptOutputs,
  doctor: z
    .strictObject({
      checks: z
        .array(
          z.strictObject({
            check: text.describe('what was looked at'),
            result: z.enum(['ok', 'warning', 'failed']).describe('what came of it'),
            detail: text.describe('what was found, with the fix'),
          }),
        )
        .describe('in the order of the text'),
    })
    .meta({ id: 'doctor' }),
  schema: z
    .strictObject({
      name: text.describe('the plugin'),
      lua: text.describe('its schema, as Konnect takes it'),
      handler: text.optional().describe('the plugin itself, in Lua; absent: it runs in the plugin server'),
    })
    .meta({ id: 'schema' }),
  'schema --upload': z.strictObject({ stage, ...uploaded, others: others.optional() }).meta({ id: 'schema --upload' }),
  resolver: z
    .strictObject({
      address: text.describe('IP address and port that it listens on'),
      suffix: text.describe('what names end in'),
      forward: texts.describe('resolvers that other names are asked of, in their order'),
    })
    .meta({ id: 'resolver' }),
  'resolver --check': z
    .strictObject({ address: text.describe('who was asked, and answered'), suffix: text.describe('what for') })
    .meta({ id: 'resolver --check' }),
  ...sandboxOutputs,
  version: z.strictObject({ version: text.describe('of this program') }).meta({ id: 'version' }),
  completion: z
    .strictObject({ shell: text.describe('for which'), script: text.describe('what it sources') })
    .meta({ id: 'completion' }),
  'any verb that fails': z
    .strictObject({ error: error.describe('why; exit code 1, or 130 at Ctrl-C') })
    .meta({ id: 'any verb that fails' }),
} as const;

/** What a verb prints for several control planes. */
function severalOf(verb: keyof typeof ofOne): z.ZodType {
  const stages = z.array(z.union([ofOne[verb], failedStage]));
  return z
    .strictObject({ stages: stages.describe('in the order of the configuration') })
    .meta({ id: `${verb} of several stages` });
}

/** What standard output gets with `--json`, by command. */
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

/** The page of docs/reference: a table for each command, and for each part of their outputs. */
export function outputReference(): string {
  const head = `# Outputs of \`--json\`

Generated by \`npm run generate\` from sync/cli/shapes, by which tests check what each verb prints. One object on a line of standard output; \`sync --watch --json\` prints one for each pass,
\`schema --config --json\` a JSON Schema. Fields are added in later versions, and none of these is renamed or removed without a major one. \`x[]\` stands for each item of a list.`;
  return outputPage(head, z.object(outputs));
}
