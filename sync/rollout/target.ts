import { PrivatelinkError } from '#core/errors';
import type { StageState } from './journal';

/** The word that ends a pin, instead of a revision. */
export const newestWord = 'newest';

type Known = {
  readonly state: StageState;
  /** Ids of kept revisions. */
  readonly kept: readonly string[];
  /** The stage, as messages name it. */
  readonly where: string;
};

/**
 * Returns the revision to roll back to. Undefined: the newest. Throws PrivatelinkError
 * (CONFIG_INVALID) that lists the kept revisions.
 */
export function targetOf(wanted: string | undefined, known: Known): string | undefined {
  if (wanted === newestWord) return undefined;
  const target = wanted === undefined ? before(known) : named(wanted, known);
  if (known.kept.includes(target)) return target;
  throw invalid(`revision ${target} is no longer kept`, known);
}

/** Returns the revision that ran before the present one. */
function before(known: Known): string {
  const { runs, history } = known.state;
  const came = history.findLastIndex(({ revision, how }) => revision === runs && how !== 'rollback');
  const earlier = history.slice(0, Math.max(came, 0)).findLast(({ revision }) => revision !== runs);
  if (earlier) return earlier.revision;
  const nothing = runs === undefined ? 'nothing yet' : `nothing before revision ${runs}`;
  const kept = known.kept.filter((id) => id !== runs);
  throw invalid(`${known.where} ran ${nothing}, as far as stateDir knows`, { ...known, kept });
}

function named(wanted: string, known: Known): string {
  const ran = known.state.history.map(({ revision }) => revision);
  // An unset variable gives an empty text, and every id begins with that.
  const found = [...new Set([...ran, ...known.kept])].filter((id) => wanted && id.startsWith(wanted));
  const [one, ...more] = found;
  if (one !== undefined && more.length === 0) return one;
  throw invalid(
    one ? `several revisions begin with ${wanted}` : `there is no revision ${JSON.stringify(wanted)}`,
    known,
  );
}

/** More ids would hide the message. */
const mostNamed = 5;

function invalid(reason: string, { kept, state }: Known): PrivatelinkError {
  // People usually mean a revision that ran recently.
  const ran = state.history.map(({ revision }) => revision).toReversed();
  const all = [...new Set([...ran, ...kept])].filter((id) => kept.includes(id));
  const named = all.slice(0, mostNamed).join(', ');
  const fix =
    all.length > 0
      ? `these revisions are kept: ${named}${all.length > mostNamed ? ' and others' : ''}; history shows when each ran`
      : 'sync keeps each revision that it writes from now on';
  return new PrivatelinkError(`rollback: ${reason}`, { code: 'CONFIG_INVALID', fix });
}
