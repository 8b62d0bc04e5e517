import { nameOf } from '#deck/document';
import { hasNoCredentials, isIncomplete, isOurs, type Report } from '../../pass/report';
import { isOfUnclaimed } from '../../plan/unclaimed';
import type { PublicationReport } from '../../publish/publish';
import type { Condition, Seen } from './conditions';
import { isUndecidedAction, isUndecidedFinding, ofContracts } from './of-contracts';

/** Returns the conditions of a pass that could plan. */
export function foundIn(report: Report): Seen {
  const { applied = [], changes, scopes, publications = [], contracts } = report;
  const open = new Set(changes.map(nameOf));
  for (const { change, outcome } of applied) if (outcome === 'applied') open.delete(nameOf(change));
  const isAllRead = scopes.every(({ status }) => status === 'known');
  const isUntried = report.refused !== undefined || hasNoCredentials(report);
  return {
    holds: [
      ...scopesUnknown(report),
      ...quarantined(report),
      ...stopped(report),
      ...failed(report),
      ...publications.flatMap(unpublished),
      ...(contracts ? ofContracts(contracts) : []),
      ...report.warnings.map(warning),
    ],
    isUndecided: ({ kind, id }) => {
      // A change that was not tried, or was skipped, may still be invalid.
      if (kind === 'change') return open.has(id);
      if (kind === 'finding') return contracts !== undefined && isUndecidedFinding(id, contracts);
      if (kind === 'action') return contracts !== undefined && isUndecidedAction(id, contracts);
      if (kind === 'publication') return isUntried && publications.some(({ name }) => name === id);
      return kind === 'warning' && !isAllRead && isOfUnclaimed(id);
    },
  };
}

/** Returns the condition of a pass that could not plan. All other conditions are undecided. */
export function failedBy(code: string | undefined, reason: string): Seen {
  return {
    holds: [{ kind: 'pass', id: '', who: {}, variant: code, why: { code, reason } }],
    isUndecided: () => true,
  };
}

function scopesUnknown({ scopes }: Report): readonly Condition[] {
  return scopes
    .filter(({ status }) => status === 'unknown')
    .map(({ id, code, reason, ageMs }) => ({
      kind: 'scope',
      id,
      who: { scope: id },
      variant: code,
      why: { code, lastGoodSeconds: ageMs && Math.round(ageMs / 1_000), reason },
    }));
}

function quarantined(report: Report): readonly Condition[] {
  return report.quarantined.filter(isOurs).map(({ endpointId, scopeId, domain, code, reason, fix }) => ({
    kind: 'endpoint',
    id: `${scopeId} ${endpointId}`,
    who: { endpoint: endpointId, scope: scopeId, domain },
    variant: code,
    why: { code, reason, fix },
  }));
}

/** Returns refused plans and withheld removals. A different amount is a new variant. */
function stopped({ refused, withheld }: Report): readonly Condition[] {
  const plan: Condition | undefined = refused ? { kind: 'plan', id: '', who: {}, why: { reason: refused } } : undefined;
  const removals: Condition | undefined = withheld && {
    kind: 'brake',
    id: '',
    who: {},
    variant: withheld.reason,
    why: { removals: withheld.changes.length, reason: withheld.reason },
  };
  return [plan, removals].flatMap((one) => one ?? []);
}

function failed({ applied = [] }: Report): readonly Condition[] {
  return applied
    .filter(({ outcome }) => outcome === 'failed')
    .map(({ change, code, error }) => ({
      kind: 'change',
      id: nameOf(change),
      who: { action: change.action, kind: change.kind, key: change.key },
      variant: code,
      why: { code, reason: error },
    }));
}

function unpublished(publication: PublicationReport): readonly Condition[] {
  const { name, domain, error, withheld, applied = [] } = publication;
  if (!isIncomplete(publication) && !withheld) return [];
  const reason = error ?? withheld?.reason ?? applied.find(({ outcome }) => outcome !== 'applied')?.error;
  return [{ kind: 'publication', id: name, who: { publication: name, domain }, why: { reason } }];
}

/** Parts of a warning that differ from pass to pass: durations, and request ids. */
const passing =
  /\b\d+(\.\d+)? (ms|s|min|h|minutes?|hours?|days?)\b|\b[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}\b|[\w+/=]{32,}/gi;

function warning(reason: string): Condition {
  return { kind: 'warning', id: reason.replace(passing, '…'), who: { reason }, why: {} };
}
