import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** A goal's samples: ours, and those of the peer. */
export type Goal = { readonly what: string; readonly ours: readonly number[]; readonly peer: readonly number[] };

/**
 * Keeps the raw figures in bench/results/<name>.json, and ends the output with a line of JSON for
 * ratios.
 */
export function reportBench(name: string, raw: object, goals: readonly Goal[]): void {
  const folder = resolve(__dirname, '../../../bench/results');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${name}.json`), `${JSON.stringify({ name, ...raw }, null, 2)}\n`);
  process.stdout.write(`${JSON.stringify({ name, goals })}\n`);
}
