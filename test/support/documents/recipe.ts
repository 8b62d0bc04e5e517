import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { examplesFolder } from '../examples';

const job = z.looseObject({ if: z.string(), steps: z.array(z.looseObject({ run: z.string().optional() })) });
const workflow = z.looseObject({ jobs: z.record(z.string(), job) });

export type Recipe = Pick<z.infer<typeof workflow>, 'jobs'>;

/** The workflow that docs/ci.md tells people to copy. */
export function readRecipe(): Recipe {
  return workflow.parse(parse(readFileSync(join(examplesFolder, 'ci/github-actions.yml'), 'utf8')));
}

/** Every call of `program` in the recipe's scripts: the words up to the first flag or file, and the flags. */
export function commandsOf({ jobs }: Recipe, program: string): readonly (readonly [verb: string, flags: string[]])[] {
  const lines = Object.values(jobs).flatMap((one) => one.steps.flatMap((step) => step.run?.split('\n') ?? []));
  return lines
    .map((line) => line.split(/[|>]/, 1).join().trim().split(/\s+/))
    .filter(([first]) => first === program)
    .map(([, ...words]) => {
      const end = words.findIndex((word) => !/^[a-z]+$/.test(word));
      return [words.slice(0, end < 0 ? words.length : end).join(' '), words.filter((word) => word.startsWith('-'))];
    });
}
