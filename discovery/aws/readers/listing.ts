import type { EC2Client } from '@aws-sdk/client-ec2';
import type { AccountScope } from '../accounts';
import type { CallBudget } from '../call-budget';
import { type List, readAwsList } from '../pages';
import { loadEc2 } from '../sdk';

export type Ec2ReaderOptions = {
  readonly scope: AccountScope;
  /** Created at the first call: loading the SDK costs 0.27 s. */
  readonly client: () => Promise<EC2Client>;
  /**
   * Endpoints per page and interfaces per batch, at most 1000 (AWS's limit). Parsing a page blocks
   * the event loop, about 0.1 ms per item.
   */
  readonly pageSize: number;
  readonly budget: CallBudget;
};

type Ec2 = Awaited<ReturnType<typeof loadEc2>>;
type Paging = { readonly MaxResults: number; readonly NextToken?: string };
type Asked = { readonly client: EC2Client; readonly abort: { readonly abortSignal: AbortSignal } };

/** One action: how to ask for a page, and the place of its items. */
export type Listing<T> = Pick<List<T>, 'action' | 'page'> & {
  readonly ask: (sdk: Ec2, paging: Paging, asked: Asked) => Promise<unknown>;
};

/** Values that AWS takes in one filter. */
const filterLimit = 200;

/**
 * Reads lists through the SDK, page by page. A list is complete, or the call throws
 * PrivatelinkError. Names and ids are values of a filter: as parameters, one unknown id would fail
 * the call.
 */
export function createLister({ scope, client, pageSize, budget }: Ec2ReaderOptions) {
  function list<T>({ action, ask, page }: Listing<T>, signal: AbortSignal): Promise<readonly T[]> {
    return readAwsList({ action, page, scope, budget, signal }, async (NextToken) =>
      ask(
        await loadEc2(),
        { MaxResults: pageSize, NextToken },
        { client: await client(), abort: { abortSignal: signal } },
      ),
    );
  }

  async function listBy<T>(values: readonly string[], listing: (batch: string[]) => Listing<T>, signal: AbortSignal) {
    const items: T[] = [];
    for (let start = 0; start < values.length; start += filterLimit) {
      items.push(...(await list(listing(values.slice(start, start + filterLimit)), signal)));
    }
    return items;
  }

  return { list, listBy };
}
