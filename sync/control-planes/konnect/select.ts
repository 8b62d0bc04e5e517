import { stageName } from '#config/control-planes';
import type { KonnectConfig } from '#config/schema';
import type { Selection } from '#config/stages';
import { type ErrorCode, PrivatelinkError, quoteOf } from '#core/errors';
import { firstOfEach, groupBy } from '#core/group-by';
import { systemClock } from '#io/clock';
import { createHttp, type HttpOptions } from '../kong-api/http';
import { numberedPages, readPages } from '../kong-api/pages';
import { konnectApi } from './api';
import { type ListedPlane, listedPlane, listFixes, planesPath, whyRefused } from './plane-id';

/** A control plane that its labels make a stage. */
export type Selected = { readonly stage: string; readonly controlPlane: KonnectConfig };

export type SelectOptions = Partial<Pick<HttpOptions, 'clock' | 'random' | 'timeoutMs'>>;

/**
 * Returns the control planes of Konnect with the labels of `select`, sorted by stage. Throws
 * PrivatelinkError when there is none, when one cannot be written, and when the labels do not give
 * each its own stage.
 */
export async function selectPlanes(
  selection: Selection,
  signal: AbortSignal,
  options: SelectOptions = {},
): Promise<readonly Selected[]> {
  const { controlPlane } = selection;
  const planes = await readSelected(selection, signal, options);
  if (planes.length === 0) {
    const reason = `no control plane at ${controlPlane.address} that this token may see has ${labelsOf(selection)}`;
    throw refused(
      reason,
      'give the labels to the control planes that you mean, or correct select',
      'CONTROL_PLANE_UNKNOWN',
    );
  }
  const selected = planes.map((plane) => ({
    stage: stageOf(plane, selection),
    controlPlane: { ...controlPlane, name: plane.name },
  }));
  for (const [stage, group] of groupBy(selected, (one) => one.stage)) {
    if (group.length === 1) continue;
    const names = group.map((one) => quoted(one.controlPlane.name)).join(' and ');
    const fix = 'give each another value, or select fewer';
    throw refused(`${names} have the same value of label ${selection.stageLabel}, ${stage}`, fix);
  }
  return selected.toSorted((a, b) => (a.stage < b.stage ? -1 : 1));
}

async function readSelected(
  { select, controlPlane }: Selection,
  signal: AbortSignal,
  { clock = systemClock, ...options }: SelectOptions,
): Promise<readonly ListedPlane[]> {
  const http = createHttp({ api: konnectApi, ...controlPlane, ...options, clock });
  const labels = Object.entries(select);
  const query = { labels: labels.map((label) => label.join(':')).join(), sort: 'created_at' };
  const found = await readPages(
    http,
    { path: planesPath, shape: numberedPages(listedPlane), query, fixes: listFixes },
    signal,
  );
  // Guards against a proxy that drops the filter. A control plane that is created meanwhile can
  // move others to the next page.
  const all = firstOfEach(found, ({ id }) => id);
  return all.filter((plane) => labels.every(([label, value]) => labelOf(plane, label) === value));
}

function stageOf(plane: ListedPlane, selection: Selection): string {
  const { stageLabel } = selection;
  const refusal = whyRefused(plane);
  const name = quoted(plane.name);
  if (refusal)
    throw refused(`${name} has ${labelsOf(selection)} and is ${refusal.reason}`, 'remove the labels from it');
  const stage = labelOf(plane, stageLabel);
  if (stage === undefined) {
    const fix = 'give it this label with the name of its stage, or name another label in stageLabel';
    throw refused(`${name} has ${labelsOf(selection)} and no label ${stageLabel}`, fix);
  }
  const { error } = stageName.safeParse(stage);
  if (!error) return stage;
  const fix = `give it one of ${error.issues[0]?.message}`;
  throw refused(`${name} has a label ${stageLabel} that cannot name a stage, ${quoted(stage)}`, fix);
}

function labelOf({ labels }: ListedPlane, label: string): string | undefined {
  return labels && Object.hasOwn(labels, label) ? (labels[label] ?? undefined) : undefined;
}

/** `label env: prod`, for people. */
export function labelsOf({ select }: Pick<Selection, 'select'>): string {
  const labels = Object.entries(select).map((label) => label.join(': '));
  return `${labels.length === 1 ? 'label' : 'labels'} ${labels.join(', ')}`;
}

function quoted(text: string): string {
  return `"${quoteOf(text)}"`;
}

function refused(reason: string, fix: string, code: ErrorCode = 'CONFIG_INVALID'): PrivatelinkError {
  return new PrivatelinkError(`controlPlanes: ${reason}`, { code, fix });
}
