import { AwsError } from '../error';
import { listOf, numberOf, type Query } from '../query';
import type { Action, AwsRequest } from '../request';
import { type Entity, isAt } from '../world/model';
import { element, list } from '../xml';
import { type FilterFields, parseFilters } from './filters';

/** AWS returns no more items than this on one page, and takes no more ids in one call. */
const pageLimit = 1000;

/** Finds, filters, pages and writes the items of one Describe action. */
export type Listing<T extends Entity> = {
  /** Name of the set in the answer. */
  readonly set: string;
  readonly all: (request: AwsRequest) => readonly T[];
  readonly fields: FilterFields<T>;
  readonly write: (item: T) => string;
  /** Absent: the action takes no ids. */
  readonly ids?: {
    readonly parameter: string;
    readonly notFound: string;
    readonly find: (request: AwsRequest, id: string) => T | undefined;
  };
  /**
   * Actions with a minimum also refuse more than 1000 items, and paging together with ids. Other
   * actions take any size.
   */
  readonly minimumPage?: number;
  /** The largest page; larger requests are refused. Absent: `minimumPage` decides. */
  readonly largestPage?: number;
};

/** Makes the action of a listing. */
export function describe<T extends Entity>(listing: Listing<T>): Action {
  return (request) => {
    const size = pageSizeOf(request.query, listing);
    const matches = parseFilters(request.query, listing.fields);
    const after = positionOf(request.query.get('NextToken'));
    const rest = itemsOf(request, listing).filter((item) => item.sequence > after && matches(item));
    const page = rest.slice(0, size);
    const last = rest.length > size ? page.at(-1) : undefined;
    return list(listing.set, page.map(listing.write)) + nextToken(request.query, last);
  };
}

function itemsOf<T extends Entity>(request: AwsRequest, { ids, all }: Listing<T>): readonly T[] {
  const { query, world } = request;
  const isVisible = ({ id }: T) => query.get('IncludeManagedResources') === 'true' || !world.isHidden(id);
  const asked = ids ? listOf(query, ids.parameter) : [];
  if (!ids || asked.length === 0) return all(request).filter(isVisible);
  const items = [...new Set(asked)].map((id) => ({ id, item: ids.find(request, id) }));
  const missing = items
    .filter(({ item }) => !item || !isAt(item, request.caller) || !isVisible(item))
    .map(({ id }) => id);
  if (missing.length === 1) throw new AwsError(ids.notFound, `The ID '${missing}' does not exist`);
  if (missing.length > 1) throw new AwsError(ids.notFound, `The IDs '${missing.join(', ')}' do not exist`);
  return items.flatMap(({ item }) => item ?? []).sort((a, b) => a.sequence - b.sequence);
}

function pageSizeOf<T extends Entity>(
  query: Query,
  { ids, minimumPage, largestPage = minimumPage && pageLimit }: Listing<T>,
): number {
  const asked = ids ? listOf(query, ids.parameter).length : 0;
  if (asked > pageLimit) {
    throw new AwsError('InvalidParameterValue', `At most ${pageLimit} IDs may be given, not ${asked}`);
  }
  const size = numberOf(query, 'MaxResults');
  if (size === undefined) return pageLimit;
  if (minimumPage !== undefined && asked > 0) {
    throw new AwsError('InvalidParameterCombination', 'IDs and MaxResults may not be given together');
  }
  if (size < (minimumPage ?? 1) || (largestPage !== undefined && size > largestPage)) {
    throw new AwsError('InvalidParameterValue', `Value (${size}) for parameter maxResults is invalid`);
  }
  return Math.min(size, pageLimit);
}

/** A token names the last item seen, so that pages stay correct while items come and go. */
function nextToken(query: Query, last: Entity | undefined): string {
  if (last) return element('nextToken', Buffer.from(`after:${last.sequence}`).toString('base64url'));
  // AWS sometimes ends with an empty token. A caller with paging must handle both forms.
  return query.has('MaxResults') ? element('nextToken', '') : '';
}

function positionOf(token: string | undefined): number {
  if (!token) return 0;
  const [, sequence] = /^after:(\d+)$/.exec(Buffer.from(token, 'base64url').toString()) ?? [];
  if (sequence === undefined) throw new AwsError('InvalidNextToken', 'The specified NextToken is not valid');
  return Number(sequence);
}
