import { shortfallMessages } from '#core/messages/plans';
import { unknownParts } from '../../contracts/report';
import { isIncomplete, isWithheld, type Report } from '../../pass/report';

/**
 * Reasons why a pass did not succeed: it failed, a scope was not read, or a planned change was not
 * written.
 */
export const shortfalls = Object.keys(shortfallMessages) as readonly Shortfall[];

export type Shortfall = keyof typeof shortfallMessages;

/**
 * Returns the reasons why a pass with this report did not succeed, none for a success. `rejected`:
 * number of entities that wait because they are invalid.
 */
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
