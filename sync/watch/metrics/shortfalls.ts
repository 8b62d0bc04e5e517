import { shortfallMessages } from '#core/messages/plans';
import { unknownParts } from '../../contracts/report';
import { isIncomplete, isWithheld, type Report } from '../../pass/report';

/** Why a pass may be no success: it failed, or not every scope was read, or not everything written that was planned. */
export const shortfalls = Object.keys(shortfallMessages) as readonly Shortfall[];

export type Shortfall = keyof typeof shortfallMessages;

/** What a pass with this report falls short of, while the control plane has so many entities `rejected` that they wait; empty: it is a success. */
export function shortfallsOf(report: Report, rejected: number): readonly Shortfall[] {
  const { scopes, refused, held = 0, applied = [], publications = [], contracts } = report;
  const tried = [...applied, ...(contracts?.applied ?? [])];
  const isPartUnknown = contracts !== undefined && unknownParts(contracts).length > 0;
  const isSo: Readonly<Record<Exclude<Shortfall, 'failed'>, boolean>> = {
    scopes_unknown: scopes.some(({ status }) => status === 'unknown') || isPartUnknown,
    refused: refused !== undefined,
    withheld: isWithheld(report),
    held: held > 0,
    rejected: rejected > 0,
    changes_failed: tried.some(({ outcome }) => outcome === 'failed'),
    changes_skipped: tried.some(({ outcome }) => outcome === 'skipped'),
    unpublished: publications.some(isIncomplete),
  };
  return shortfalls.filter((one) => one !== 'failed' && isSo[one]);
}
