import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadConfig } from '#config/file';
import type { Config } from '#config/schema';
import type { Snapshot } from '#core/model';
import { renderText } from '#deck/file/write';
import { parseSnapshot, serialiseSnapshot } from '#discovery/snapshot/file';
import type { ControlPlane } from '#sync/control-planes/control-plane';
import { type PassDependencies, planOnce } from '#sync/pass/plan-once';
import { onlyConfig } from './control-planes/only-config';
import { createPasses } from './passes';

/**
 * The estates of deck/examples: each with its configuration, its discovered endpoints, and its decK
 * file.
 */
export const examplesFolder = join(__dirname, '../../deck/examples');
export const estates = readdirSync(examplesFolder).filter((name) => /^T\d$/.test(name));

export type Example = { readonly config: Config; readonly snapshot: Snapshot; readonly goldenPath: string };

export function readExample(name: string): Example {
  const folder = join(examplesFolder, name);
  const env = { KONNECT_TOKEN: 'kpat_example' };
  const config = onlyConfig(loadConfig({ path: join(folder, 'kong-privatelink.yaml'), env }));
  const raw: Snapshot = JSON.parse(readFileSync(join(folder, 'discovered.json'), 'utf8'));
  const origin = { from: name, owner: config.owner };
  const snapshot = parseSnapshot(serialiseSnapshot(raw, config.owner), origin);
  return { config, snapshot, goldenPath: join(folder, 'kong.yaml') };
}

/** Everything for a pass over the example. `controlPlane` stands for the configured one. */
export function passOf({ config, snapshot }: Example, controlPlane: ControlPlane): PassDependencies {
  const { owner, domains: settings, policy } = config;
  return createPasses({ owner, settings, policy, controlPlane, discover: async () => snapshot }).deps;
}

/** The decK file of the example, as `render` writes it. */
export async function renderExample(example: Example, controlPlane: ControlPlane): Promise<string> {
  const { outcome } = await planOnce(passOf(example, controlPlane), new AbortController().signal);
  const { owner, controlPlane: named } = example.config;
  return renderText(outcome, { owner, controlPlaneName: 'name' in named ? named.name : undefined });
}
