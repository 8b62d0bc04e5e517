import type { HeldEntity } from '#deck/document';
import { readForeign } from '#sync/control-planes/apply';
import { type Fate, fatesOf } from '#sync/explain/fates';
import { type PassDependencies, planOnce } from '#sync/pass/plan-once';
import type { Report } from '#sync/pass/report';
import { fail, type Held } from './forms';

/** explain's prediction of the next pass; undefined when it cannot be planned. Changes nothing. */
export async function predict(deps: PassDependencies): Promise<readonly Fate[] | undefined> {
  const { signal } = new AbortController();
  try {
    const planned = await planOnce(deps, signal);
    const foreign = await readForeign(planned.report.changes, { ...deps, signal });
    return fatesOf({ planned, foreign, policy: deps.policy });
  } catch {
    return undefined;
  }
}

type Came = { readonly before: Held; readonly after: Held; readonly report: Report };

/**
 * Throws unless the pass did to each entity what explain predicted. The control plane may have
 * failed, and a worker collects changes.
 */
export function checkPredicted(fates: readonly Fate[] | undefined, { before, after, report }: Came): void {
  if (!fates) fail('a pass was made that nobody could predict');
  const said = new Map(fates.map((one) => [`${one.kind}:${one.key}`, one]));
  const tried = new Map((report.applied ?? []).map((one) => [`${one.change.kind}:${one.change.key}`, one]));
  for (const [name, { change, outcome, error = '' }] of tried) {
    const fate = said.get(name);
    const isSaid = fate?.does === change.action && fate.id === change.id && fate.reason === change.reason;
    const isCause = fate?.blocked?.reason === error || error.startsWith('not tried after: ');
    const isBlocked = fate?.blocked?.would === change.action && outcome !== 'applied' && isCause;
    if (!isSaid && !isBlocked)
      fail(`${change.action} ${name} (${outcome} ${error}) was predicted as ${JSON.stringify(fate)}`);
  }
  const waiting = [...said].filter(([name, { does }]) => does !== 'nothing' && !tried.has(name));
  if (waiting.length > (report.held ?? 0)) fail(`${waiting.map(([name]) => name)} were predicted and not tried`);
  for (const [name, fate] of said) checkOne(name, fate, { before, after, report, isTried: tried.has(name) });
  const unknown = [...before.keys(), ...after.keys()].find((name) => isOwn(before.get(name)) && !said.has(name));
  if (unknown) fail(`nothing was predicted of ${unknown}`);
}

type One = Came & { readonly isTried: boolean };

function checkOne(name: string, fate: Fate, { before, after, report, isTried }: One): void {
  if (isTried) return;
  if (JSON.stringify(before.get(name)) !== JSON.stringify(after.get(name))) fail(`${name} changed, and nobody said so`);
  const isKept = report.kept.some(({ key, reason }) => key === fate.key && reason === fate.reason);
  if (fate.reason && fate.does === 'nothing' && !fate.blocked && !isKept)
    fail(`${name} was to stay because ${fate.reason}, which the pass does not say`);
  const isWithheld = report.withheld?.changes.some(({ kind, key }) => `${kind}:${key}` === name) === true;
  if ((fate.blocked?.by === 'brake') !== isWithheld) fail(`the brake and what was said of it differ at ${name}`);
}

function isOwn(entity: HeldEntity | undefined): boolean {
  return entity?.tags.includes('owner:test') === true && entity.tags.includes('kong-privatelink');
}
