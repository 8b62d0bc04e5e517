import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { examplesFolder } from '../examples';

const variables = z.record(z.string(), z.string()).default({});
const step = z.looseObject({
  name: z.string().optional(),
  uses: z.string().optional(),
  run: z.string().optional(),
  env: variables,
});
/** One that calls another workflow has no steps. */
const job = z.looseObject({
  if: z.string().optional(),
  uses: z.string().optional(),
  env: variables,
  steps: z.array(step).default([]),
});
const workflow = z.looseObject({ env: variables, jobs: z.record(z.string(), job) });

export type Recipe = z.infer<typeof workflow>;
export type Step = z.infer<typeof step>;

export const recipePath = join(examplesFolder, 'ci/github-actions.yml');

/**
 * The workflow for a change through the stages: one part is called once for each stage by the
 * other.
 */
export const rolloutPath = join(examplesFolder, 'ci/rollout.yml');
export const rolloutStagePath = join(examplesFolder, 'ci/rollout-stage.yml');

/** A workflow that docs/ci.md tells people to copy. */
export function readRecipe(path = recipePath): Recipe {
  return workflow.parse(parse(readFileSync(path, 'utf8')));
}

/** The script of a step of a job. Throws when there is none of that name. */
export function scriptOf({ jobs }: Recipe, jobName: string, stepName: string): string {
  const script = jobs[jobName]?.steps.find(({ name }) => name === stepName)?.run;
  if (script === undefined) throw new Error(`the recipe's job ${jobName} runs nothing as "${stepName}"`);
  return script;
}

type Call = readonly [verb: string, flags: readonly string[]];

/** Every call of `program` in the recipe's scripts. */
export function commandsOf({ jobs }: Pick<Recipe, 'jobs'>, program: string): readonly Call[] {
  const lines = Object.values(jobs).flatMap((one) => one.steps.flatMap((step) => step.run?.split('\n') ?? []));
  return callsOf(lines, program);
}

/**
 * Every call of `program` in lines of shell: the words up to the first flag or file, and the flags.
 */
export function callsOf(lines: readonly string[], program: string): readonly Call[] {
  return lines
    .map((line) => line.split(/[|>]/, 1).join().trim().split(/\s+/))
    .filter(([first]) => first === program)
    .map(([, ...words]) => {
      const end = words.findIndex((word) => !/^[a-z]+$/.test(word));
      return [words.slice(0, end < 0 ? words.length : end).join(' '), words.filter((word) => word.startsWith('-'))];
    });
}
